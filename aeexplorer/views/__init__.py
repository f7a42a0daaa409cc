"""Views: one file each, which offers `VIEW`; its `build(run, ids, **options)` draws the samples `ids` of a run."""

from aeexplorer.analysis.features import features
from aeexplorer.core.registry import collect
from aeexplorer.training.run import Run
from aeexplorer.views.base import View


def views() -> dict[str, View]:
    """All views by name."""
    return collect("aeexplorer.views", View)


def offered(run: Run) -> list[View]:
    """The views for which a run has what they need."""
    there = features(run)
    return [view for view in views().values() if view.needs <= there]
