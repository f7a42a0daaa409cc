"""Optuna studies of searches (Akiba et al. 2019, arXiv:1907.10902), rebuilt from the trials' runs whenever they are needed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeexplorer.training.search.search import Search, Trial
from aeexplorer.training.search.space import Range, Value, combinations

if TYPE_CHECKING:
    import optuna

MAX_ATTEMPTS = 50
"""Suggestions that repeat an earlier trial before the search counts as exhausted."""
MIN_FINISHED_TRIALS = 4
"""Finished trials before the first trial is pruned, and, in a search of a dozen, before TPE stops drawing at random."""
UNPRUNED_DIVISOR = 5
"""No trial is pruned in the first fifth of its epochs, where a high learning rate looks worse than it is."""


def suggest(search: Search, trials: Sequence[Trial]) -> dict[str, Value] | None:
    """Suggest values for the next trial that no earlier trial had; None if no new values remain or are found.

    Parameters
    ----------
    search
        The search.
    trials
        All its trials so far.
    """
    config = search.config
    # a trial that an earlier version made may have another id than its settings have now
    tried = {config.base.replace(dict(trial.values)).run_id for trial in trials}
    if config.sampler == "grid":
        return next((v for v in combinations(config.space) if config.base.replace(dict(v)).run_id not in tried), None)
    study = _study(search, trials)
    for attempt in range(MAX_ATTEMPTS):
        study.sampler = _sampler(search, len(trials) * MAX_ATTEMPTS + attempt)
        values = study.ask(_distributions(search)).params
        for path, dimension in config.space.items():
            if isinstance(dimension, Range):
                values[path] = dimension.fit(values[path])
        if config.base.replace(dict(values)).run_id not in tried:
            return dict(values)
    return None


def should_prune(search: Search, trials: Sequence[Trial], trial: Trial) -> bool:
    """Return whether a running trial has never been as good as the median of the finished trials at the same epoch."""
    study = _study(search, trials)
    return bool(study.pruner.prune(study, study.trials[trial.number]))


def importances(search: Search, trials: Sequence[Trial]) -> dict[str, float]:
    """Return the share of the objective's variation that each varied setting explains, 0 to 1, the most important first.

    The shares come from a functional ANOVA over a random forest (Hutter et al. 2014, ICML). The result is empty with fewer
    than three different objectives, so also before three trials have finished.
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
    """Build an Optuna study from the trials of a search."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    first_epochs = max(2, search.config.base.training.epochs // UNPRUNED_DIVISOR)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=MIN_FINISHED_TRIALS, n_warmup_steps=first_epochs)
    study = optuna.create_study(direction="minimize", sampler=_sampler(search, 0), pruner=pruner)
    distributions = _distributions(search)
    for trial in trials:
        curve, value = dict(search.curve(trial)), search.value(trial)
        if trial.end is None:
            state = optuna.trial.TrialState.RUNNING
        elif value is not None:
            state = optuna.trial.TrialState.COMPLETE
        else:
            # a diverged trial is pruned without any value: to TPE it is worse than all others, so that it avoids its settings
            is_pruned = trial.end == "diverged" or (trial.end == "pruned" and curve)
            state = optuna.trial.TrialState.PRUNED if is_pruned else optuna.trial.TrialState.FAIL
            curve = {} if trial.end == "diverged" else curve
        study.add_trial(
            optuna.trial.create_trial(
                state=state, params=dict(trial.values), distributions=distributions, value=value, intermediate_values=curve
            )
        )
    return study


def _sampler(search: Search, draw: int) -> "optuna.samplers.BaseSampler":
    """Build the sampler of the settings, with a seed for each draw. A repeated search suggests the same values."""
    import optuna

    seed = (search.config.seed + 1_000_003 * draw) % 2**32
    if search.config.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    random_trials = max(MIN_FINISHED_TRIALS, min(10, search.config.trials // 3))
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=random_trials, constant_liar=True)


def _distributions(search: Search) -> "dict[str, optuna.distributions.BaseDistribution]":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    distributions = {}
    for path, dimension in search.config.space.items():
        if not isinstance(dimension, Range):
            distributions[path] = CategoricalDistribution(dimension.values)
        elif dimension.whole:
            distributions[path] = IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log)
        else:
            distributions[path] = FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    return distributions
