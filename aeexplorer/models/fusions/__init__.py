"""Fusions, one file each: how the encoded fields of a sample are combined into one code."""
