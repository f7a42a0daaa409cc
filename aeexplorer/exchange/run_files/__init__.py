"""The format of run files, the confined process that reads them, and their export and import."""
