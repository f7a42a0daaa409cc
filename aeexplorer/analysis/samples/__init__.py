"""Samples of a run: values, errors, tags, search, and samples that the user brings."""
