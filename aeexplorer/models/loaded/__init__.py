"""Models that were trained outside the app, one file per file format."""
