"""Codebooks: usage, relations between codes, maps of the entries, and edited codes."""
