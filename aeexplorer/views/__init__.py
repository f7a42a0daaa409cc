"""Views: one file each, which offers `VIEW`; its `build(run, ids, **options)` draws the samples `ids` of a run."""

import pkgutil

from aeexplorer.analysis.features import features
from aeexplorer.core.registry import collect
from aeexplorer.training.run import Run
from aeexplorer.views.base import View


def views() -> dict[str, View]:
    """Collect the views of all folders of this package, by name."""
    folders = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    return {name: view for folder in folders for name, view in collect(f"{__name__}.{folder}", View).items()}


def offered(run: Run) -> list[View]:
    """The views for which a run has what they need."""
    there = features(run)
    return [view for view in views().values() if view.needs <= there]
