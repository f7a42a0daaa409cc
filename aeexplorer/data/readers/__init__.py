"""Readers of single file types, shared by the formats."""
