"""Figures of views, built once for the same run and samples."""

import hashlib
from typing import Any

import numpy as np
import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.base import LinkedFigure, View


def built(view: View, run: Run, ids: np.ndarray) -> LinkedFigure:
    """The view's figure of these samples, the same object for as long as the run's results stay the same."""
    return _built((view.name, run.id, version_of(run.id), hashlib.sha256(ids.tobytes()).hexdigest()), view, run, ids)


@st.cache_resource(max_entries=48, show_spinner=False)
def _built(key: tuple[Any, ...], _view: View, _run: Run, _ids: np.ndarray) -> LinkedFigure:
    return _view.build(_run, _ids)
