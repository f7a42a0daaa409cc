"""What a step measures of a batch; in long trainings on a processor compiled by `torch.compile` into fewer operations.

Measured on one thread with batches of 128, step for step in turns: dense-ae on MNIST 4.5 → 3.4 ms, vae on wine 1.9 → 1.3,
on heartbeats 4.3 → 3.4, beta-tc-vae (dense) 18 → 8, conv-ae on MNIST 39 → 29, vq-vae 65 → 58. Compiling takes 3 to 25 CPU
seconds, most of them the C++ compiler's, so it is done only where a training is long enough to win them back.
"""

import logging
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.modules.conv import _ConvNd

from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.evaluation import sample_errors
from aeexplorer.training.trainer import Trainer

CONVOLUTIONS = (1_500, 4_000)
"""Of networks with convolutions: after how many steps they are compiled, and the fewest steps of a training that is."""
OTHERS = (500, 12_000)
"""The same of all others, whose steps are short."""
FEW = 20
"""Epochs of fewer steps spend their time between them."""

Measured = Callable[[Autoencoder, Mapping[str, Tensor], float], tuple[Tensor, dict[str, Tensor]]]

_log = logging.getLogger(__name__)


class Measure:
    """The loss of a batch, and what is noted of it."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.compiled_from = compiled_from(trainer)
        """See the function of that name."""
        self._compiled: Measured | None = None

    def __call__(self, batch: Tensor, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Measure samples.

        Parameters
        ----------
        batch
            Their ids, int64 ``(B,)``, on the trainer's device.
        progress
            Share of the training that is done, 0 to 1.

        Returns
        -------
        tuple
            Their mean loss, with a graph; and the sums over them of the loss, its terms and the squared error.
        """
        trainer = self._trainer
        raw = {name: data.index_select(0, batch) for name, data in trainer.data.items()}
        due = self.compiled_from is not None and trainer.step >= self.compiled_from
        if not due or len(batch) != trainer.config.training.batch_size:  # another size would be compiled anew
            return measured(trainer.model, raw, progress)
        self._compiled = self._compiled or _compiled(trainer, raw, progress)
        return self._compiled(trainer.model, raw, progress)


def measured(model: Autoencoder, raw: Mapping[str, Tensor], progress: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Of stored samples ``{field: (B, *shape)}`` the mean loss, and the sums of the loss, its terms and the squared error."""
    x = model.prepare(raw)
    output = model(x, progress)
    with torch.no_grad():
        seen = {**output.terms, "loss": output.loss, "mse": sample_errors(model, output, x)}
        sums = torch.stack(list(seen.values())).sum(1)
    return output.loss.mean(), dict(zip(seen, sums.unbind(), strict=True))


def compiled_from(trainer: Trainer) -> int | None:
    """The step from which on a training is compiled, the first of an epoch; None: it never is.

    It is told from the settings alone, so that a resumed training goes on alike.
    """
    training, plan = trainer.config.training, trainer.plan
    if trainer.device.type != "cpu" or training.deterministic or training.final_batch_size or plan.length(0) < FEW:
        return None
    convolves = any(isinstance(part, _ConvNd) for part in trainer.model.modules())
    start, worthwhile = CONVOLUTIONS if convolves else OTHERS
    return math.ceil(start / plan.length(0)) * plan.length(0) if plan.steps >= worthwhile else None


def _compiled(trainer: Trainer, raw: Mapping[str, Tensor], progress: float) -> Measured:
    """`measured` compiled, tried on a batch without a trace of that; itself where that fails, as without a C++ compiler."""
    before = trainer.checkpoint()
    # random numbers are drawn as uncompiled, so that a resumed training draws the same
    compiled: Measured = torch.compile(measured, options={"fallback_random": True, "compile_threads": 1})
    try:
        compiled(trainer.model, raw, progress)[0].backward()
    except Exception as problem:  # whatever the compiler may raise
        _log.warning("Not compiled, which only makes it slower: %s: %s", type(problem).__name__, str(problem).partition("\n")[0])
        compiled = measured
    trainer.resume(before)
    return compiled
