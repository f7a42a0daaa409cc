"""The plan of a training: which samples each step takes.

A training passes over the training split in batches. The batch size may grow from epoch to epoch.
"""

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
        """Samples per step of each epoch. They grow geometrically to the final batch size, if the settings have one."""
        first, final, epochs = self.training.batch_size, self.training.final_batch_size, self.training.epochs
        if not final or epochs == 1:
            return [first] * epochs
        return [round(first * (final / first) ** (epoch / (epochs - 1))) for epoch in range(epochs)]

    @cached_property
    def _starts(self) -> list[int]:
        """First step of each epoch, followed by the number of all steps."""
        return [0, *accumulate(math.ceil(self.count / size) for size in self.batch_sizes)]

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self._starts[-1]

    def locate(self, step: int) -> tuple[int, int]:
        """Return the epoch of a step and the step's position within the epoch, all counted from 0."""
        epoch = min(bisect_right(self._starts, step), self.training.epochs) - 1
        return epoch, step - self._starts[epoch]

    def epoch_length(self, epoch: int) -> int:
        """Return the number of steps of an epoch."""
        return self._starts[epoch + 1] - self._starts[epoch]

    def epochs_done(self, step: int) -> float:
        """Return the passes over the samples after so many steps."""
        epoch, position = self.locate(step)
        return epoch + position / self.epoch_length(epoch)
