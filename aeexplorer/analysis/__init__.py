"""Analyses of a run: pure functions over its arrays and its model."""
