"""What Optuna knows of a search (Akiba et al. 2019, arXiv:1907.10902): rebuilt from the trials' runs whenever it is asked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeexplorer.training.search.search import Search, Trial
from aeexplorer.training.search.space import Range, Value, combinations

if TYPE_CHECKING:
    import optuna

ATTEMPTS = 50
"""Suggestions that are turned down for having been tried before the search is taken to be exhausted."""
STARTUP = 4
"""Finished trials before the first one is pruned, and before TPE leaves chance, in a search of a dozen."""
SPARED = 5
"""One in so many epochs: those before, in which a high learning rate looks worse than it is, prune no trial."""


def suggest(search: Search, trials: Sequence[Trial]) -> dict[str, Value] | None:
    """Values for the next trial that none of the trials had; None where there are no more, or none is found."""
    config = search.config
    tried = {trial.run_id for trial in trials}
    if config.sampler == "grid":
        return next((v for v in combinations(config.space) if config.base.replace(dict(v)).run_id not in tried), None)
    study = _study(search, trials)
    for attempt in range(ATTEMPTS):
        study.sampler = _sampler(search, len(trials) * ATTEMPTS + attempt)
        values = study.ask(_distributions(search)).params
        for path, dimension in config.space.items():
            if isinstance(dimension, Range):
                values[path] = dimension.fit(values[path])
        if config.base.replace(dict(values)).run_id not in tried:
            return dict(values)
    return None


def hopeless(search: Search, trials: Sequence[Trial], trial: Trial) -> bool:
    """Whether a trial that still goes on has never been as good as the median of the finished ones was at its epoch."""
    study = _study(search, trials)
    return bool(study.pruner.prune(study, study.trials[trial.number]))


def importances(search: Search, trials: Sequence[Trial]) -> dict[str, float]:
    """How much of the objective's variation each varied setting explains, 0 to 1, the most important first.

    By functional ANOVA over a random forest (Hutter et al. 2014, ICML); empty before three trials have finished, and
    where the objective is the same in all of them.
    """
    import optuna

    values = {search.value(trial) for trial in trials} - {None}
    if len(values) < 3:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=search.config.seed)
    return {
        name: float(share)
        for name, share in optuna.importance.get_param_importances(_study(search, trials), evaluator=evaluator).items()
    }


def _study(search: Search, trials: Sequence[Trial]) -> "optuna.Study":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    patience = max(2, search.config.base.training.epochs // SPARED)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=patience)
    study = optuna.create_study(direction="minimize", sampler=_sampler(search, 0), pruner=pruner)
    distributions = _distributions(search)
    for trial in trials:
        curve, value = dict(search.curve(trial)), search.value(trial)
        if trial.end is None:
            state = optuna.trial.TrialState.RUNNING
        elif value is not None:
            state = optuna.trial.TrialState.COMPLETE
        else:
            pruned = trial.end == "pruned" and curve
            state = optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.FAIL
        study.add_trial(
            optuna.trial.create_trial(
                state=state, params=dict(trial.values), distributions=distributions, value=value, intermediate_values=curve
            )
        )
    return study


def _sampler(search: Search, draw: int) -> "optuna.samplers.BaseSampler":
    import optuna

    seed = (search.config.seed + 1_000_003 * draw) % 2**32
    if search.config.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    first = max(STARTUP, min(10, search.config.trials // 3))
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=first, constant_liar=True)


def _distributions(search: Search) -> "dict[str, optuna.distributions.BaseDistribution]":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found = {}
    for path, dimension in search.config.space.items():
        if not isinstance(dimension, Range):
            found[path] = CategoricalDistribution(dimension.values)
        elif dimension.whole:
            found[path] = IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log)
        else:
            found[path] = FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    return found
