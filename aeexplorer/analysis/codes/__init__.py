"""Codebooks: usage, relations between codes, edited codes."""
