"""Bars, curves and tables as figures."""
