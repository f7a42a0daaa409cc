"""Hyperparameter search: its space, its records and its samplers."""
