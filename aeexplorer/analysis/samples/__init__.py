"""Samples: their values, errors, tags, and samples that a user brings."""
