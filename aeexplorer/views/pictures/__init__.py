"""Pictures, strips, films and cards."""
