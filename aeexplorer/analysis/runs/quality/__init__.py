"""Metrics of a run over its whole test split: one file per family of metrics."""

from aeexplorer.analysis.features import features
from aeexplorer.analysis.runs.quality.base import Family
from aeexplorer.core.registry import collect, get_by_name
from aeexplorer.training.run import Run


def families() -> dict[str, Family]:
    """Return all families by name, in the order in which they are shown."""
    registered = collect("aeexplorer.analysis.runs.quality", Family)
    return dict(sorted(registered.items(), key=lambda item: item[1].place))


def family_of(name: str) -> Family:
    """Return the family of metrics with that name.

    Raises
    ------
    UserError
        If the family does not exist.
    """
    return get_by_name(families(), name, "family of metrics")


def offered_families(run: Run) -> list[Family]:
    """Return the families that are defined for a run, in the order in which they are shown."""
    available = features(run)
    return [family for family in families().values() if family.needs <= available]
