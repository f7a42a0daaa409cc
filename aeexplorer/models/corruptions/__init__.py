"""Corruptions of the encoder's input, one file each. The loss always compares with the clean input."""
