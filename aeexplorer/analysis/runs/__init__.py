"""Runs as a whole: diagnosis, metrics, comparison, training films and citations."""
