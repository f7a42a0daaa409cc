"""New samples: priors over the codes of a run, one file each."""

from aeexplorer.analysis.features import features
from aeexplorer.analysis.generation.base import Prior
from aeexplorer.core.registry import collect, named
from aeexplorer.training.run import Run


def priors() -> dict[str, Prior]:
    """All priors by name, in order."""
    found = collect("aeexplorer.analysis.generation", Prior)
    return dict(sorted(found.items(), key=lambda item: item[1].place))


def prior_of(name: str) -> Prior:
    """The prior of that name; raises `UserError` where there is none."""
    return named(priors(), name, "prior")


def offered_priors(run: Run) -> list[Prior]:
    """Those that a run can have, the default first."""
    there = features(run)
    return [prior for prior in priors().values() if prior.needs <= there]
