"""Cached figures of views. The cache key is the view, the version of the run, and the samples."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.base import LinkedFigure

BuildFigure = Callable[[Run, np.ndarray], LinkedFigure]


def cached_figure(build: BuildFigure, run: Run, ids: np.ndarray) -> LinkedFigure:
    """Return a view's figure of samples of a run. Returns the same object until the results of the run change.

    Parameters
    ----------
    build
        Function of a module in `aeexplorer.views` that draws samples of a run. Its module identifies the view.
    run
        Run whose samples are drawn.
    ids
        Ids of the samples.
    """
    key = (build.__module__, run.id, version_of(run.id), hashlib.sha256(ids.tobytes()).hexdigest())
    return _cached_figure(key, build, run, ids)


@st.cache_resource(max_entries=48, show_spinner=False)
def _cached_figure(key: tuple[Any, ...], _build: BuildFigure, _run: Run, _ids: np.ndarray) -> LinkedFigure:
    return _build(_run, _ids)
