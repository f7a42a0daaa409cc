"""Learning-rate schedules: the factor on the highest rate at a share of the training."""

import math
from collections.abc import Callable

WARM_UP = 0.1


def one_cycle(progress: float) -> float:
    """Up linearly over the first tenth, then down as a cosine to a hundredth (Smith 2018, arXiv:1803.09820)."""
    if progress < WARM_UP:
        return 0.1 + 0.9 * progress / WARM_UP
    return 0.01 + 0.99 * cosine((progress - WARM_UP) / (1 - WARM_UP))


def cosine(progress: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def constant(progress: float) -> float:
    """Always 1."""
    return 1.0


SCHEDULES: dict[str, Callable[[float], float]] = {"one_cycle": one_cycle, "cosine": cosine, "constant": constant}
