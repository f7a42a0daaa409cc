"""One step of a training: the loss of a batch, its gradient, and the optimiser's update.

On a CPU, long trainings compile all three with `torch.compile` into one program of fewer operations. Milliseconds per step,
uncompiled → compiled, measured on one thread with batches of 128, in alternation: dense-ae on MNIST 4.5 → 2.5, vae on wine
1.9 → 1.3, vae on heartbeats 4.3 → 3.4, beta-tc-vae (dense) 18 → 8, conv-ae on MNIST 36 → 28, vq-vae 64 → 58. Compiling takes
7 to 25 CPU seconds the first time, most of them in the C++ compiler, and 3 seconds for the same model again. So only trainings
that are long enough to win this time back are compiled.
"""

import ctypes
import gc
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from aeexplorer.core.logs import package_logger
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.torch_internals import compile_gradients
from aeexplorer.training.evaluation import sample_errors
from aeexplorer.training.optimization.optimizers import AdamState, add_penalties
from aeexplorer.training.trainer import Trainer

COMPILE_WITH_CONVOLUTIONS = (1_500, 5_000)
"""Steps for networks with convolutions: when compiling may start, and how long a training must be to be compiled."""
COMPILE_WITHOUT_CONVOLUTIONS = (500, 12_000)
"""The same for all other networks, whose steps are short."""
MIN_STEPS_PER_EPOCH = 20
"""Fewest steps per epoch of a compiled training: short epochs spend most of their time between the steps."""

Sums = dict[str, Tensor]
"""Sums of the loss, its terms and the squared error over the samples of a batch."""
_StepFunction = Callable[[Mapping[str, Tensor], float], Sums]
"""A step on a batch of stored samples ``{field: (B, *shape)}``, at a share of the training."""

_log = package_logger(__name__)
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class Step:
    """A training step: updates the weights of a trainer's model with one batch."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._parameters = list(trainer.model.parameters())
        self.first_compiled_step = first_compiled_step(trainer)
        """Step from which the training is compiled; None if it never is."""
        self._compiled: _StepFunction | None = None

    def __call__(self, batch: Tensor, progress: float, rate: float) -> Sums:
        """Take a step.

        Parameters
        ----------
        batch
            Ids of samples, int64 ``(B,)``, on the trainer's device.
        progress
            Share of the training that is done, 0 to 1.
        rate
            Learning rate.

        Returns
        -------
        dict
            Sums over the batch of the loss, its terms and the squared error (``mse``), each a scalar tensor.
        """
        trainer = self._trainer
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate
        raw = {name: data.index_select(0, batch) for name, data in trainer.data.items()}  # (B, *shape) each
        is_due = self.first_compiled_step is not None and trainer.step >= self.first_compiled_step
        if not is_due or len(batch) != trainer.config.training.batch_size:  # another batch size would be compiled again
            return self._uncompiled(raw, progress)
        if self._compiled is None:
            self._compiled = self._compile(raw, progress)
            _return_memory()
        return self._compiled(raw, progress)

    def _uncompiled(self, raw: Mapping[str, Tensor], progress: float) -> Sums:
        trainer, training = self._trainer, self._trainer.config.training
        # forward, loss
        loss, sums = compute_loss(trainer.model, raw, progress)
        # gradient
        for parameter in self._parameters:
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        # penalties on the weights
        if training.l1 or training.l2:
            add_penalties(trainer.model, training)
        # clip
        if training.gradient_clip:
            _clip_gradient(trainer)
        # update
        trainer.optimizer.step()
        return sums

    def _compile(self, raw: Mapping[str, Tensor], progress: float) -> _StepFunction:
        """Compile the step and try it on a batch. Return the uncompiled step if that fails.

        The trainer is afterwards in the same state as before.
        """
        trainer = self._trainer
        before = trainer.checkpoint()
        try:
            torch.compiler.reset()
            compile_gradients()
            _CompiledStep(trainer)(raw, progress)
        except Exception as error:  # the compiler raises many kinds of errors, for example without a C++ compiler
            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            _log.warning("Training goes on uncompiled, which is only slower: %s", reason)
            return self._uncompiled
        finally:
            trainer.resume(before)
        return _CompiledStep(trainer)


class _CompiledStep:
    """The compiled step of a trainer.

    The trainer must have taken uncompiled steps before, and must not be resumed while this step is in use.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._model, self._state = trainer.model, AdamState(trainer.optimizer)
        # fallback_random draws the same random numbers as uncompiled steps, so that a resumed training draws the same;
        # cpp_wrapper puts everything into one source file, which compiles faster
        self._step = torch.compile(_compilable_step, options={"fallback_random": True, "compile_threads": 1, "cpp_wrapper": True})

    def __call__(self, raw: Mapping[str, Tensor], progress: float) -> Sums:
        sums: Sums = self._step(self._model, self._state, raw, progress, self._state.next_scales())
        return sums


def _compilable_step(model: Autoencoder, state: AdamState, raw: Mapping[str, Tensor], progress: float, scales: Tensor) -> Sums:
    # forward, loss
    loss, sums = compute_loss(model, raw, progress)
    # gradient, update
    state.update(torch.autograd.grad(loss, state.parameters), scales)
    return sums


def compute_loss(model: Autoencoder, raw: Mapping[str, Tensor], progress: float) -> tuple[Tensor, Sums]:
    """Compute the loss of a batch.

    Parameters
    ----------
    model
        The model, in training mode.
    raw
        Stored samples ``{field: (B, *shape)}``.
    progress
        Share of the training that is done, 0 to 1.

    Returns
    -------
    loss : Tensor
        Mean loss over the batch, in nats per sample, with its gradient.
    sums : dict
        Sums over the batch of the loss, its terms and the squared error (``mse``), without gradients.
    """
    x = model.prepare(raw)
    output = model(x, progress)
    with torch.no_grad():
        values = {**output.terms, "loss": output.loss, "mse": sample_errors(model, output.reconstruction, x)}  # (B,) each
        sums = torch.stack(list(values.values())).sum(1)  # (terms, B) -> (terms,)
    return output.loss.mean(), dict(zip(values, sums.unbind(), strict=True))


def first_compiled_step(trainer: Trainer) -> int | None:
    """Return the step from which a training is compiled, the first of an epoch; None if it is never compiled.

    The step depends only on the settings, the dataset and the device, so that a resumed training goes on in the same way.
    """
    training, plan = trainer.config.training, trainer.plan
    is_plain = not (training.gradient_clip or training.l1 or training.l2 or training.deterministic or training.final_batch_size)
    if trainer.device.type != "cpu" or training.optimizer not in AdamState.KINDS or not is_plain:
        return None
    length = plan.epoch_length(0)
    if length < MIN_STEPS_PER_EPOCH:
        return None
    has_convolutions = any(isinstance(module, _CONVOLUTIONS) for module in trainer.model.modules())
    start, min_steps = COMPILE_WITH_CONVOLUTIONS if has_convolutions else COMPILE_WITHOUT_CONVOLUTIONS
    return math.ceil(start / length) * length if plan.steps >= min_steps else None


def _return_memory() -> None:
    """Return the compiler's memory to the system, where the C library supports it."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def _clip_gradient(trainer: Trainer) -> None:
    """Clip the gradient to a multiple of the moving average of earlier norms. The settings name the multiple."""
    average = trainer.gradient_norm
    limit = 1e30 if average is None else trainer.config.training.gradient_clip * average
    norm = float(torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), limit))
    if math.isfinite(norm):
        trainer.gradient_norm = norm if average is None else 0.98 * average + 0.02 * min(norm, limit)
