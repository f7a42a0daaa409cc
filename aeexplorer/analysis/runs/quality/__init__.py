"""How good a run is, in figures over its whole test split: one file a family of metrics."""

from aeexplorer.analysis.features import features
from aeexplorer.analysis.runs.quality.base import Family
from aeexplorer.core.registry import collect, named
from aeexplorer.training.run import Run


def families() -> dict[str, Family]:
    """All families by name, in order."""
    found = collect("aeexplorer.analysis.runs.quality", Family)
    return dict(sorted(found.items(), key=lambda item: item[1].place))


def family_of(name: str) -> Family:
    """The family of that name; raises `UserError` where there is none."""
    return named(families(), name, "family of metrics")


def offered_families(run: Run) -> list[Family]:
    """Those that have a meaning for a run, in order."""
    there = features(run)
    return [family for family in families().values() if family.needs <= there]
