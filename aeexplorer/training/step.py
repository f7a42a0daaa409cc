"""A step of a training: the loss of a batch, its gradient, and the optimiser's move.

In long trainings on a processor all three are compiled by `torch.compile` into one program of fewer operations. Measured on
one thread with batches of 128, step for step in turns: dense-ae on MNIST 4.5 → 2.5 ms, vae on wine 1.9 → 1.3, on heartbeats
4.3 → 3.4, beta-tc-vae (dense) 18 → 8, conv-ae on MNIST 36 → 28, vq-vae 64 → 58. Compiling takes 7 to 25 CPU seconds at first,
most of them the C++ compiler's, and 3 for the same model again, so it is done only where a training is long enough to win them
back.
"""

import ctypes
import gc
import logging
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.modules.conv import _ConvNd

from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.evaluation import sample_errors
from aeexplorer.training.optimization.optimizers import AdamState, add_penalties
from aeexplorer.training.trainer import Trainer

CONVOLUTIONS = (1_500, 5_000)
"""Of networks with convolutions: after how many steps they are compiled, and the fewest steps of a training that is."""
OTHERS = (500, 12_000)
"""The same of all others, whose steps are short."""
FEW = 20
"""Epochs of fewer steps spend their time between them."""

Sums = dict[str, Tensor]
"""Of the loss, its terms and the squared error, over the samples of a batch."""
_Taken = Callable[[Mapping[str, Tensor], float], Sums]
"""A step with a batch of stored samples, at a share of the training."""

_log = logging.getLogger(__name__)


class Step:
    """What changes the weights of a trainer's model."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._parameters = list(trainer.model.parameters())
        self.compiled_from = compiled_from(trainer)
        """See the function of that name."""
        self._compiled: _Taken | None = None

    def __call__(self, batch: Tensor, progress: float, rate: float) -> Sums:
        """Take it.

        Parameters
        ----------
        batch
            Ids of samples, int64 ``(B,)``, on the trainer's device.
        progress
            Share of the training that is done, 0 to 1.
        rate
            Learning rate.
        """
        trainer = self._trainer
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate
        raw = {name: data.index_select(0, batch) for name, data in trainer.data.items()}
        due = self.compiled_from is not None and trainer.step >= self.compiled_from
        if not due or len(batch) != trainer.config.training.batch_size:  # another size would be compiled anew
            return self._taken(raw, progress)
        if self._compiled is None:
            self._compiled = self._tried(raw, progress)
            _return_memory()
        return self._compiled(raw, progress)

    def _taken(self, raw: Mapping[str, Tensor], progress: float) -> Sums:
        trainer, training = self._trainer, self._trainer.config.training
        loss, sums = measured(trainer.model, raw, progress)
        for parameter in self._parameters:
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        if training.l1 or training.l2:
            add_penalties(trainer.model, training)
        if training.gradient_clip:
            _clip(trainer)
        trainer.optimizer.step()
        return sums

    def _tried(self, raw: Mapping[str, Tensor], progress: float) -> _Taken:
        """The compiled step, tried on a batch without a trace of that; the uncompiled one where that fails."""
        trainer = self._trainer
        before = trainer.checkpoint()
        try:
            torch.compiler.reset()
            torch._dynamo.config.trace_autograd_ops = True
            _Compiled(trainer)(raw, progress)
        except Exception as problem:  # whatever the compiler may raise, as where there is none for C++
            reason = f"{type(problem).__name__}: {str(problem).partition(chr(10))[0]}"
            _log.warning("Not compiled, which only makes it slower: %s", reason)
            return self._taken
        finally:
            trainer.resume(before)
        return _Compiled(trainer)


class _Compiled:
    """The compiled step of a trainer that has taken uncompiled ones, and is not resumed meanwhile."""

    def __init__(self, trainer: Trainer) -> None:
        self._model, self._state = trainer.model, AdamState(trainer.optimizer)
        # random numbers are drawn as uncompiled, so that a resumed training draws the same; one source file compiles sooner
        self._step = torch.compile(_step, options={"fallback_random": True, "compile_threads": 1, "cpp_wrapper": True})

    def __call__(self, raw: Mapping[str, Tensor], progress: float) -> Sums:
        sums: Sums = self._step(self._model, self._state, raw, progress, self._state.next_scales())
        return sums


def _step(model: Autoencoder, state: AdamState, raw: Mapping[str, Tensor], progress: float, scales: Tensor) -> Sums:
    loss, sums = measured(model, raw, progress)
    state.move(torch.autograd.grad(loss, state.parameters), scales)
    return sums


def measured(model: Autoencoder, raw: Mapping[str, Tensor], progress: float) -> tuple[Tensor, Sums]:
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
    plain = not (training.gradient_clip or training.l1 or training.l2 or training.deterministic or training.final_batch_size)
    if trainer.device.type != "cpu" or training.optimizer not in AdamState.KINDS or not plain or plan.length(0) < FEW:
        return None
    convolves = any(isinstance(part, _ConvNd) for part in trainer.model.modules())
    start, worthwhile = CONVOLUTIONS if convolves else OTHERS
    return math.ceil(start / plan.length(0)) * plan.length(0) if plan.steps >= worthwhile else None


def _return_memory() -> None:
    """Give back to the system what the compiler no longer needs, where the C library can."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def _clip(trainer: Trainer) -> None:
    """Clip a gradient whose norm is more than the settings' multiple of the running average of the norms before it."""
    average = trainer.gradient_norm
    limit = 1e30 if average is None else trainer.config.training.gradient_clip * average
    norm = float(torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), limit))
    if math.isfinite(norm):
        trainer.gradient_norm = norm if average is None else 0.98 * average + 0.02 * min(norm, limit)
