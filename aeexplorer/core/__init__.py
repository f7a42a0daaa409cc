"""What every other part builds on: errors, settings, registry, locks, workspace, catalogue."""
