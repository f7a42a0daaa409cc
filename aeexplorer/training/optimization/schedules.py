"""Learning-rate schedules: the factor on the highest rate at a share of the training."""

import math
from collections.abc import Callable

from aeexplorer.training.config import TrainingConfig

RISE = 0.1
"""Share of the training over which `one_cycle` rises, where the settings name no warm-up."""


def constant(progress: float, training: TrainingConfig) -> float:
    """Always 1."""
    return 1.0


def step(progress: float, training: TrainingConfig) -> float:
    """Multiplied by `decay_factor` at each of `decays` moments, evenly spread over the training."""
    return training.decay_factor ** min(training.decays, math.floor(progress * (training.decays + 1) + 1e-9))


def exponential(progress: float, training: TrainingConfig) -> float:
    """The same fall as `step`'s, but even: `decay_factor` to the power of `decays` at the end."""
    return training.decay_factor ** (training.decays * progress)


def cosine(progress: float, training: TrainingConfig) -> float:
    """Half a cosine from 1 to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def one_cycle(progress: float, training: TrainingConfig) -> float:
    """Up linearly, then down as a cosine to a hundredth (Smith 2018, arXiv:1803.09820)."""
    return 0.01 + 0.99 * cosine(progress, training)


SCHEDULES: dict[str, Callable[[float, TrainingConfig], float]] = {
    "one_cycle": one_cycle,
    "cosine": cosine,
    "step": step,
    "exponential": exponential,
    "plateau": constant,
    "constant": constant,
}
"""By name; `plateau` falls by what is measured, see `Plateau`."""


def factor(progress: float, training: TrainingConfig) -> float:
    """The factor at a share of the training, 0 to 1: the warm-up from a tenth to 1, then the schedule over what is left."""
    rise = training.warm_up or (RISE if training.schedule == "one_cycle" else 0.0)
    if progress < rise:
        return 0.1 + 0.9 * progress / rise
    return SCHEDULES[training.schedule]((progress - rise) / (1 - rise), training)


class Plateau:
    """Falls by a factor when the validation loss has not fallen for some epochs; as PyTorch's ``ReduceLROnPlateau``.

    Parameters
    ----------
    decay, patience
        What the factor is multiplied by, after how many epochs in a row without a lower loss.
    """

    THRESHOLD = 1e-4
    """Share of the lowest loss by which a loss has to be lower to count."""

    def __init__(self, decay: float, patience: int) -> None:
        self._decay, self._patience = decay, patience
        self.factor, self.best, self.waited = 1.0, math.inf, 0

    def see(self, loss: float) -> None:
        """The loss at the end of an epoch."""
        if loss < self.best - self.THRESHOLD * abs(self.best) or self.best == math.inf:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited > self._patience:
            self.factor, self.waited = self.factor * self._decay, 0

    def state(self) -> list[float | None]:
        """Plain data for a checkpoint."""
        return [self.factor, self.best if math.isfinite(self.best) else None, self.waited]

    def restore(self, state: list[float | None]) -> None:
        """Put back what `state` gave."""
        shrunk, best, waited = state
        self.factor, self.best, self.waited = float(shrunk or 0.0), math.inf if best is None else best, int(waited or 0)
