"""Settings of a training, and of a run: dataset, model, training, seed."""

from typing import Annotated, Any, Literal

from pydantic import Field as Bounds

from aeexplorer.core.settings import GreaterThan, Settings, When
from aeexplorer.models.config import AnyModel, ModelConfig


class TrainingConfig(Settings):
    """Settings of the training."""

    epochs: Annotated[int, Bounds(ge=1, le=10_000)] = 20
    """Passes over the training split."""
    batch_size: Annotated[int, Bounds(ge=1, le=65_536)] = 128
    """Samples per step."""
    learning_rate: Annotated[float, Bounds(gt=0, le=10)] = 3e-3
    """Highest learning rate: the step size of the optimiser."""
    optimizer: Literal["adam", "adamw", "sgd", "momentum", "nesterov", "rmsprop", "adagrad"] = "adam"
    """Algorithm that updates the weights: Adam (Kingma & Ba 2015), AdamW with decoupled weight decay (Loshchilov & Hutter
    2019), plain SGD, SGD with momentum or Nesterov's, RMSprop, Adagrad (Duchi et al. 2011)."""
    momentum: Annotated[float, Bounds(gt=0, lt=1), When({"optimizer": ("momentum", "nesterov")})] = 0.9
    """Share of the previous step that is added to the next one, for the optimisers momentum and nesterov."""
    schedule: Literal["one_cycle", "cosine", "step", "exponential", "plateau", "constant"] = "one_cycle"
    """How the learning rate changes: one_cycle rises over the first tenth of the training and then falls (Smith 2018), cosine
    falls along half a cosine, step falls in steps, exponential falls evenly, plateau falls whenever the validation loss stops
    falling, constant stays the same."""
    warm_up: Annotated[float, Bounds(ge=0, le=0.5)] = 0.0
    """Share of the training over which the learning rate rises from a tenth of its highest value; with 0, only one_cycle warms
    up, over the first tenth."""
    decay_factor: Annotated[float, Bounds(gt=0, lt=1), When({"schedule": ("step", "exponential", "plateau")})] = 0.3
    """Factor on the learning rate at each decay, for the schedules step, exponential and plateau."""
    decays: Annotated[int, Bounds(ge=1, le=100), When({"schedule": ("step", "exponential")})] = 3
    """Number of decays over the whole training, for the schedules step and exponential."""
    plateau: Annotated[int, Bounds(ge=0, le=1000), When({"schedule": ("plateau",)})] = 3
    """Epochs in a row without a lower validation loss before the learning rate decays, for the schedule plateau."""
    final_batch_size: Annotated[int, Bounds(ge=0, le=65_536), When({"epochs": GreaterThan(1)})] = 0
    """Samples per step in the last epoch; the batch size grows evenly up to it (Smith et al. 2018, arXiv:1711.00489). 0 keeps
    the batch size."""
    weight_decay: Annotated[float, Bounds(ge=0, le=1)] = 0.0
    """Strength with which the optimiser pulls all parameters towards zero: through the gradient, or in AdamW apart from it."""
    l1: Annotated[float, Bounds(ge=0, le=100)] = 0.0
    """Penalty on the sum of the weights' absolute values, in nats; it drives many weights to almost zero."""
    l2: Annotated[float, Bounds(ge=0, le=100)] = 0.0
    """Penalty on the sum of the squared weights, in nats; it keeps weights small."""
    gradient_clip: Annotated[float, Bounds(ge=0, le=1e6)] = 0.0
    """Largest norm of a gradient, as a multiple of the moving average of the norms; 0 does not clip gradients."""
    patience: Annotated[int, Bounds(ge=0, le=1000)] = 0
    """Epochs without a lower validation loss after which the training stops and returns to the best weights; 0 never stops
    early."""
    averaging: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
    """Decay of a moving average of the weights, which the trained model uses instead of the last weights (Polyak & Juditsky
    1992); 0 is off."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the matrix products in encoders and decoders; auto uses bfloat16 where it is faster."""
    deterministic: bool = False
    """Use only algorithms that give the same result every time, one thread, and do not compile. Otherwise a GPU may round
    differently each time, other numbers of threads differ by about one millionth, and long trainings on a CPU are compiled to run
    faster."""


class RunConfig(Settings):
    """All settings of a run. Their digest is the id of the run, so the same settings are one run."""

    dataset: str
    """Id of the dataset."""
    model: AnyModel = Bounds(default_factory=ModelConfig)
    """Settings of the model."""
    training: TrainingConfig = Bounds(default_factory=TrainingConfig)
    """Settings of the training."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed of the initial weights, the order of the samples and all noise."""
    folds: Annotated[int, Bounds(ge=1, le=20)] = 1
    """Parts of a cross-validation: all samples outside the test split are divided into them. 1 keeps the dataset's own
    splits."""
    fold: Annotated[int, Bounds(ge=0, le=19), When({"folds": GreaterThan(1)})] = 0
    """Part that is used for validation, counted from 0; the other parts are used for training."""

    def effective_settings(self) -> dict[str, Any]:
        """Return the settings that apply to the run, by dotted path.

        A model that was made elsewhere was not trained here, so its run has only the dataset and the model.
        """
        is_trained_here = isinstance(self.model, ModelConfig)
        return {path: value for path, _, value in self.leaves() if is_trained_here or path.startswith(("dataset", "model."))}

    @property
    def run_id(self) -> str:
        """Id of the run: ``run-`` and twelve hex digits of the settings' SHA-256."""
        return f"run-{self.digest()[:12]}"
