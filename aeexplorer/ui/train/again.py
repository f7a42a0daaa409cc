"""A button that trains a run again with other settings."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from aeexplorer.jobs import submit
from aeexplorer.training.folds import create_folds
from aeexplorer.training.run import Run
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import TrainState
from aeexplorer.ui.session.workspace import workspace


def train_again_button(run: Run, changes: Mapping[str, Any], label: str, key: str) -> None:
    """Draw a button that trains a new run with changed settings, all its folds if it has some, and opens it.

    Parameters
    ----------
    run
        The run to start from. It stays as it is.
    changes
        New values by dotted path.
    label, key
        Text and key of the button.
    """
    words = ", ".join(f"{path.rpartition('.')[2]} {value}" for path, value in changes.items())
    if not st.button(label, icon=":material/autorenew:", key=key, help=f"Train a new run with {escape(words)}. This one stays."):
        return
    config = run.config.replace(dict(changes))
    runs = create_folds(workspace(), config, f"{run.name} · {words}"[:80], run.record["preset"])
    for new in runs:
        submit(workspace(), new)
    state.visit(TrainState, run=runs[config.fold if config.folds > 1 else 0].id)
