"""Learning-rate schedules: functions from the progress of a training (0 to 1) to a factor on the highest rate."""

import math
from collections.abc import Callable

from aeexplorer.training.config import TrainingConfig

ONE_CYCLE_WARM_UP = 0.1
"""Share of the training over which `one_cycle` rises if the settings name no warm-up."""


def constant(progress: float, training: TrainingConfig) -> float:
    """Return 1."""
    return 1.0


def step(progress: float, training: TrainingConfig) -> float:
    """Multiply by `decay_factor` at `decays` steps that are evenly spread over the training."""
    return training.decay_factor ** min(training.decays, math.floor(progress * (training.decays + 1) + 1e-9))


def exponential(progress: float, training: TrainingConfig) -> float:
    """Decay evenly to `decay_factor` to the power of `decays`, as far as `step` does."""
    return training.decay_factor ** (training.decays * progress)


def cosine(progress: float, training: TrainingConfig) -> float:
    """Follow half a cosine from 1 to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def one_cycle(progress: float, training: TrainingConfig) -> float:
    """Follow half a cosine from 1 to 0.01, after a linear warm-up (Smith 2018, arXiv:1803.09820). See `rate_factor`."""
    return 0.01 + 0.99 * cosine(progress, training)


SCHEDULES: dict[str, Callable[[float, TrainingConfig], float]] = {
    "one_cycle": one_cycle,
    "cosine": cosine,
    "step": step,
    "exponential": exponential,
    "plateau": constant,
    "constant": constant,
}
"""Schedules by name. The factor of ``plateau`` depends on the validation loss instead, see `Plateau`."""


def rate_factor(progress: float, training: TrainingConfig) -> float:
    """Return the factor on the learning rate at a share of the training.

    The warm-up rises linearly from 0.1 to 1. The schedule runs over the rest of the training.

    Parameters
    ----------
    progress
        Share of the training that is done, 0 to 1.
    training
        Settings with the schedule's name, its warm-up and its decays.
    """
    warm_up = training.warm_up or (ONE_CYCLE_WARM_UP if training.schedule == "one_cycle" else 0.0)
    if progress < warm_up:
        return 0.1 + 0.9 * progress / warm_up
    return SCHEDULES[training.schedule]((progress - warm_up) / (1 - warm_up), training)


class Plateau:
    """A factor that decays when the validation loss stops falling, like PyTorch's ``ReduceLROnPlateau``.

    Parameters
    ----------
    decay
        Multiplier of the factor at each decay.
    patience
        Epochs in a row without a lower loss before the factor decays.
    """

    THRESHOLD = 1e-4
    """Smallest improvement that counts, as a share of the lowest loss."""

    def __init__(self, decay: float, patience: int) -> None:
        self._decay, self._patience = decay, patience
        self.factor, self.best, self.bad_epochs = 1.0, math.inf, 0

    def update(self, loss: float) -> None:
        """Update the factor with the loss at the end of an epoch."""
        if loss < self.best - self.THRESHOLD * abs(self.best) or self.best == math.inf:
            self.best, self.bad_epochs = loss, 0
            return
        self.bad_epochs += 1
        if self.bad_epochs > self._patience:
            self.factor, self.bad_epochs = self.factor * self._decay, 0

    def state(self) -> list[float | None]:
        """Return the state as plain data for a checkpoint."""
        return [self.factor, self.best if math.isfinite(self.best) else None, self.bad_epochs]

    def restore(self, state: list[float | None]) -> None:
        """Restore a state that `state` returned."""
        factor, best, bad_epochs = state
        self.factor, self.best = float(factor or 0.0), math.inf if best is None else best
        self.bad_epochs = int(bad_epochs or 0)
