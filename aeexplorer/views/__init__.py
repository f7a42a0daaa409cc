"""Figures and pictures of datasets, runs and searches: arrays in, Plotly figures, images or bytes out.

One module for each view. A function that starts with ``run_`` draws samples of a run: it takes the run and the sample ids, and
returns a `LinkedFigure`.
"""
