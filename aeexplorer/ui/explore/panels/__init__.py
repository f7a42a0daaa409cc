"""The panels beside the map. Each module of this folder defines one panel."""

import streamlit as st

from aeexplorer.analysis.features import features
from aeexplorer.core.registry import collect
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.panels.base import GROUPS, Panel
from aeexplorer.ui.session.workspace import version_of


def offered_panels(run: Run) -> list[Panel]:
    """Return the panels that a run has, in the order of the page. A run must have all features that a panel needs."""
    run_features = _features(run.id, version_of(run.id), run)
    panels = [panel for panel in collect("aeexplorer.ui.explore.panels", Panel).values() if panel.needs <= run_features]
    return sorted(panels, key=lambda panel: ([*GROUPS].index(panel.group), panel.place))


@st.cache_data(max_entries=64, show_spinner=False)
def _features(run_id: str, version: str, _run: Run) -> frozenset[str]:
    return features(_run)
