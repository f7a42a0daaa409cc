"""Kinds of data, one file each: how samples become tensors, which networks fit them, and how people see them."""
