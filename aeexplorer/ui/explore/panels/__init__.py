"""The panels beside the map: one file each."""

import streamlit as st

from aeexplorer.analysis.features import features
from aeexplorer.core.registry import collect
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.panels.base import GROUPS, Panel
from aeexplorer.ui.session.workspace import version_of


def offered_panels(run: Run) -> list[Panel]:
    """The panels for which a run has what they need, in order."""
    there = _features(run.id, version_of(run.id), run)
    found = [panel for panel in collect("aeexplorer.ui.explore.panels", Panel).values() if panel.needs <= there]
    return sorted(found, key=lambda panel: ([*GROUPS].index(panel.group), panel.place))


@st.cache_data(max_entries=64, show_spinner=False)
def _features(run_id: str, mark: str, _run: Run) -> frozenset[str]:
    return features(_run)
