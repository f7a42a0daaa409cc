"""Which samples a step takes: passes over the training split in batches, whose size may grow from epoch to epoch."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from aeexplorer.training.config import TrainingConfig


@dataclass(frozen=True)
class Plan:
    """The steps of a training over `count` samples."""

    count: int
    training: TrainingConfig

    @cached_property
    def batch_sizes(self) -> list[int]:
        """Samples a step, epoch by epoch: the first size, growing evenly (as a power) to the final one if there is one."""
        first, final, epochs = self.training.batch_size, self.training.final_batch_size, self.training.epochs
        if not final or epochs == 1:
            return [first] * epochs
        return [round(first * (final / first) ** (epoch / (epochs - 1))) for epoch in range(epochs)]

    @cached_property
    def _starts(self) -> list[int]:
        """The step at which each epoch begins, and last the number of all."""
        return [0, *accumulate(math.ceil(self.count / size) for size in self.batch_sizes)]

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self._starts[-1]

    def place(self, step: int) -> tuple[int, int]:
        """The epoch that the step after so many belongs to, and its place in it, both from 0."""
        epoch = min(bisect_right(self._starts, step), self.training.epochs) - 1
        return epoch, step - self._starts[epoch]

    def length(self, epoch: int) -> int:
        """Steps of an epoch."""
        return self._starts[epoch + 1] - self._starts[epoch]

    def epochs_done(self, step: int) -> float:
        """Passes over the samples after so many steps."""
        epoch, place = self.place(step)
        return epoch + place / self.length(epoch)
