"""Generation of new samples: priors over the latents or codes of a run, one file per prior."""

from aeexplorer.analysis.features import features
from aeexplorer.analysis.generation.base import Prior
from aeexplorer.core.registry import collect, get_by_name
from aeexplorer.training.run import Run


def priors() -> dict[str, Prior]:
    """Return all priors by name, in the order in which they are shown."""
    registered = collect("aeexplorer.analysis.generation", Prior)
    return dict(sorted(registered.items(), key=lambda item: item[1].place))


def prior_of(name: str) -> Prior:
    """Return the prior with that name.

    Raises
    ------
    UserError
        If the prior does not exist.
    """
    return get_by_name(priors(), name, "prior")


def offered_priors(run: Run) -> list[Prior]:
    """Return the priors that are defined for a run, the default first."""
    available = features(run)
    return [prior for prior in priors().values() if prior.needs <= available]
