"""The panels beside the map: one file each."""

from aeexplorer.analysis.features import features
from aeexplorer.registry import collect
from aeexplorer.training.run import Run
from aeexplorer.ui.panels.base import Panel


def offered_panels(run: Run) -> list[Panel]:
    """The panels for which a run has what they need, in order."""
    there = features(run)
    found = [panel for panel in collect("aeexplorer.ui.panels", Panel).values() if panel.needs <= there]
    return sorted(found, key=lambda panel: panel.place)
