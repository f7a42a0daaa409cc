"""From a preset and a dataset to settings that train well at once."""

from collections.abc import Mapping
from typing import Any

import torch

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.config import ModelConfig
from aeexplorer.models.fitting import presets_for
from aeexplorer.models.presets import Preset, presets
from aeexplorer.training.config import RunConfig

STEPS = 2_400
"""Steps that the automatic number of epochs aims at."""

FREE_BITS = 0.5
"""Nats that each dimension of a VAE of texts may tell for nothing: without them it tells little (Bowman et al. 2016)."""

SMALL = 400
"""Training samples up to which a table is small."""
SMALL_DECAY = 0.3
"""Weight decay, apart from the gradient, of models of small tables: they are learned by heart otherwise."""


def config_for(preset: Preset | str, dataset: Dataset, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """The settings of a preset for a dataset.

    Small datasets get smaller batches, small tables one hidden layer and weight decay (they are learned by heart
    otherwise), epochs are chosen so that
    training takes about 2,400 steps (5 epochs at least, 300 at most), and the code is no longer than half the features,
    unless the changes say otherwise. A VAE of texts gets free bits. Data of several
    fields are trained with some of them hidden from the encoder.

    Parameters
    ----------
    preset
        A preset or its name.
    dataset
        What to train on.
    changes
        Settings by dotted path, as in `Settings.replace`.

    Raises
    ------
    UserError
        For an unknown preset, one that does not fit the data, and settings that do not exist or are out of bounds.
    """
    chosen = presets().get(preset) if isinstance(preset, str) else preset
    if chosen is None:
        raise UserError(f"there is no preset {preset!r}", f"Choose one of {', '.join(presets())}")
    fitting = presets_for(dataset.main_field)
    if chosen.name not in fitting:
        modality = dataset.main_field.modality
        raise UserError(f"the preset {chosen.name} is not for {modality} data", f"Choose one of {', '.join(fitting)}")
    wanted = dict(changes or {})
    base = RunConfig.model_validate({"dataset": dataset.id, "model": dict(chosen.model), "training": dict(chosen.training)})
    count = len(dataset.ids("train"))
    sized = base.replace({"training.batch_size": 64 if count < 100_000 else 128})
    if isinstance(sized.model, ModelConfig) and count < SMALL and all(f.modality == "tabular" for f in dataset.fields.values()):
        is_linear = sized.model.network == "linear"  # it is to find what PCA finds
        decay = {} if is_linear else {"training.optimizer": "adamw", "training.weight_decay": SMALL_DECAY}
        sized = sized.replace({"model.depth": 1, **decay})
    if isinstance(sized.model, ModelConfig) and len(dataset.fields) > 1 and sized.model.corruption is None:
        sized = sized.replace({"model.corruption": "dropped_fields"})
    if dataset.of_texts and isinstance(sized.model, ModelConfig) and sized.model.bottleneck.kind == "gaussian":
        sized = sized.replace({"model.free_bits": FREE_BITS})
    longest = max(2, feature_count(dataset) // 2)
    if isinstance(sized.model, ModelConfig) and getattr(sized.model.bottleneck, "latent_dim", 0) > longest:
        sized = sized.replace({"model.latent_dim": longest})
    sized = sized.replace(wanted)
    if any(path.rpartition(".")[2] == "epochs" for path in wanted):
        return sized
    steps_per_epoch = max(1, -(-count // sized.training.batch_size))
    return sized.replace({"training.epochs": min(300, max(5, round(STEPS / steps_per_epoch)))})


def feature_count(dataset: Dataset) -> int:
    """Features a sample has in x-space, over all its fields."""
    return sum(modality_of(field).prepare(torch.zeros(1, *field.shape)).numel() for field in dataset.fields.values())
