"""Bottlenecks, one file each: what the code of a sample is, and which losses shape it."""
