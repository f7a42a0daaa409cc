"""The form of a run file, and the confined process that reads one. Nothing here imports torch."""
