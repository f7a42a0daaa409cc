"""The settings of a training, and of a run: dataset, model, training, seed."""

from typing import Annotated, Any, Literal

from pydantic import Field as Bounds

from aeexplorer.core.settings import Above, Settings, When
from aeexplorer.models.config import AnyModel, ModelConfig


class TrainingConfig(Settings):
    """How the weights are found."""

    epochs: Annotated[int, Bounds(ge=1, le=10_000)] = 20
    """Passes over the training split."""
    batch_size: Annotated[int, Bounds(ge=1, le=65_536)] = 128
    """Samples per step."""
    learning_rate: Annotated[float, Bounds(gt=0, le=10)] = 3e-3
    """Highest step size of the optimiser."""
    optimizer: Literal["adam", "adamw", "sgd", "momentum", "nesterov", "rmsprop", "adagrad"] = "adam"
    """How a gradient becomes a step: Adam (Kingma & Ba 2015), AdamW with decoupled weight decay (Loshchilov & Hutter
    2019), plain SGD, SGD with momentum or Nesterov's, RMSprop, Adagrad (Duchi et al. 2011)."""
    momentum: Annotated[float, Bounds(gt=0, lt=1), When({"optimizer": ("momentum", "nesterov")})] = 0.9
    """Share of the last step that goes on; of the optimisers momentum and nesterov."""
    schedule: Literal["one_cycle", "cosine", "step", "exponential", "plateau", "constant"] = "one_cycle"
    """How the learning rate goes: up over the first tenth and down (Smith 2018), down as a cosine, in steps, evenly by a
    factor, by a factor whenever the validation loss stands still, or constant."""
    warm_up: Annotated[float, Bounds(ge=0, le=0.5)] = 0.0
    """Share of the training over which the learning rate first rises from a tenth; 0 leaves one_cycle its own tenth."""
    decay_factor: Annotated[float, Bounds(gt=0, lt=1), When({"schedule": ("step", "exponential", "plateau")})] = 0.3
    """What the learning rate is multiplied by at each decay; of the schedules step, exponential and plateau."""
    decays: Annotated[int, Bounds(ge=1, le=100), When({"schedule": ("step", "exponential")})] = 3
    """Decays over the whole training; of the schedules step and exponential."""
    plateau: Annotated[int, Bounds(ge=0, le=1000), When({"schedule": ("plateau",)})] = 3
    """Epochs in a row without a lower validation loss that the schedule plateau bears before it decays."""
    final_batch_size: Annotated[int, Bounds(ge=0, le=65_536), When({"epochs": Above(1)})] = 0
    """Samples per step in the last epoch, reached evenly from the batch size (Smith et al. 2018, arXiv:1711.00489);
    0 keeps the batch size."""
    weight_decay: Annotated[float, Bounds(ge=0, le=1)] = 0.0
    """Pull of all parameters towards zero, by the optimiser: part of the gradient, but in AdamW apart from it."""
    l1: Annotated[float, Bounds(ge=0, le=100)] = 0.0
    """Penalty on the sum of the weights' absolute values, in nats; drives weights to exactly nothing."""
    l2: Annotated[float, Bounds(ge=0, le=100)] = 0.0
    """Penalty on the sum of the squared weights, in nats."""
    gradient_clip: Annotated[float, Bounds(ge=0, le=1e6)] = 0.0
    """Largest norm of a step's gradient relative to its running average; 0 leaves gradients as they are."""
    patience: Annotated[int, Bounds(ge=0, le=1000)] = 0
    """Stop after so many epochs without a lower validation loss, and go back to the weights that had the lowest;
    0 never stops early."""
    averaging: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
    """Decay of a running average of the weights, which is used instead of the last ones (Polyak & Juditsky 1992); 0 is off."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Numbers in the products of encoders and decoders; auto takes bfloat16 where that is quicker."""
    deterministic: bool = False
    """Only algorithms that give the same result every time, and no compiling; without it a GPU may round differently from run to
    run, and long trainings on a processor are compiled."""


class RunConfig(Settings):
    """Everything that decides what a run computes. Its digest names the run: the same settings are one run."""

    dataset: str
    """Id of the dataset."""
    model: AnyModel = Bounds(default_factory=ModelConfig)
    """The model."""
    training: TrainingConfig = Bounds(default_factory=TrainingConfig)
    """The training."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed of the initial weights, the order of the samples and all noise."""
    folds: Annotated[int, Bounds(ge=1, le=20)] = 1
    """Parts of a cross-validation, into which all samples but the test split are divided; 1 keeps the dataset's own splits."""
    fold: Annotated[int, Bounds(ge=0, le=19), When({"folds": Above(1)})] = 0
    """Which of the parts validates, counted from 0; the others train."""

    def effective_settings(self) -> dict[str, Any]:
        """The settings by dotted path; of a model that was made elsewhere only what is true of it, as it was not trained here."""
        made_here = isinstance(self.model, ModelConfig)
        return {path: value for path, _, value in self.leaves() if made_here or path.startswith(("dataset", "model."))}

    @property
    def run_id(self) -> str:
        """``run-`` and twelve hex digits of the settings' SHA-256."""
        return f"run-{self.digest()[:12]}"
