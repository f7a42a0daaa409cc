"""Models that were made elsewhere, one file a kind of file."""
