"""Figures of maps and what is laid over them."""
