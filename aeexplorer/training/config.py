"""The settings of a training, and of a run: dataset, model, training, seed."""

from typing import Annotated, Literal

from pydantic import Field as Bounds

from aeexplorer.models.config import ModelConfig
from aeexplorer.settings import Settings


class TrainingConfig(Settings):
    """How the weights are found."""

    epochs: Annotated[int, Bounds(ge=1, le=10_000)] = 20
    """Passes over the training split."""
    batch_size: Annotated[int, Bounds(ge=1, le=65_536)] = 128
    """Samples per step."""
    learning_rate: Annotated[float, Bounds(gt=0, le=10)] = 3e-3
    """Highest step size of the optimiser."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """Adam (Kingma & Ba 2015), AdamW with decoupled weight decay (Loshchilov & Hutter 2019), or SGD with momentum 0.9."""
    schedule: Literal["one_cycle", "cosine", "constant"] = "one_cycle"
    """How the learning rate goes: up over the first tenth and down (Smith 2018), down as a cosine, or constant."""
    weight_decay: Annotated[float, Bounds(ge=0, le=1)] = 0.0
    """Pull of the weights towards zero."""
    gradient_clip: Annotated[float, Bounds(ge=0, le=1e6)] = 0.0
    """Largest norm of a step's gradient relative to its running average; 0 leaves gradients as they are."""
    patience: Annotated[int, Bounds(ge=0, le=1000)] = 0
    """Stop after so many epochs without a lower validation loss; 0 never stops early."""


class RunConfig(Settings):
    """Everything that decides what a run computes. Its digest names the run: the same settings are one run."""

    dataset: str
    """Id of the dataset."""
    model: ModelConfig = Bounds(default_factory=ModelConfig)
    """The model."""
    training: TrainingConfig = Bounds(default_factory=TrainingConfig)
    """The training."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed of the initial weights, the order of the samples and all noise."""

    @property
    def run_id(self) -> str:
        """``run-`` and twelve hex digits of the settings' SHA-256."""
        return f"run-{self.digest()[:12]}"
