"""Runs as a whole: diagnosis, quality, comparison, snapshots, citation."""
