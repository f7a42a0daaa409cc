"""The foundation that all other packages import: errors, settings, registry, locks, workspace, catalogue."""
