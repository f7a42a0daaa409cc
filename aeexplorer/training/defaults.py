"""Default settings: a preset is fitted to a dataset, so that it trains well without further changes."""

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

TARGET_STEPS = 2_400
"""Training steps that the automatic number of epochs aims at."""

FREE_BITS = 0.5
"""Nats of KL per latent dimension that a VAE of texts does not pay for. Without them its latents carry little information
(Bowman et al. 2016, arXiv:1511.06349)."""

SMALL_TABLE_SAMPLES = 400
"""A table with fewer training samples is small."""
SMALL_TABLE_WEIGHT_DECAY = 0.3
"""Decoupled weight decay of models of small tables, which overfit without it."""


def config_for(preset: Preset | str, dataset: Dataset, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """Return the settings of a preset for a dataset.

    The preset is adapted to the dataset, except where `changes` say otherwise:

    - The batch size is 64, or 128 from 100,000 training samples.
    - Small tables get one hidden layer and, except with linear networks, weight decay. They overfit without.
    - Datasets of several fields are trained with some fields hidden from the encoder.
    - A VAE of texts gets free bits.
    - The latent has at most half as many dimensions as a sample has features.
    - Epochs are preset so that training takes about 2,400 steps, but at least 5 epochs and at most 300.

    Parameters
    ----------
    preset
        A preset or its name.
    dataset
        The dataset to train on.
    changes
        Settings by dotted path, as in `Settings.replace`.

    Raises
    ------
    UserError
        If the preset is unknown or does not fit the data, or if a setting does not exist or is out of bounds.
    """
    selected = presets().get(preset) if isinstance(preset, str) else preset
    if selected is None:
        raise UserError(f"there is no preset {preset!r}", f"Choose one of {', '.join(presets())}")
    fitting = presets_for(dataset.main_field)
    if selected.name not in fitting:
        modality = dataset.main_field.modality
        raise UserError(f"the preset {selected.name} is not for {modality} data", f"Choose one of {', '.join(fitting)}")
    changes = dict(changes or {})
    base = RunConfig.model_validate({"dataset": dataset.id, "model": dict(selected.model), "training": dict(selected.training)})
    count = len(dataset.ids("train"))
    config = base.replace({"training.batch_size": 64 if count < 100_000 else 128})
    is_small_table = count < SMALL_TABLE_SAMPLES and all(f.modality == "tabular" for f in dataset.fields.values())
    if is_small_table and isinstance(config.model, ModelConfig):
        is_linear = config.model.network == "linear"  # a linear autoencoder should find what PCA finds
        decay = {} if is_linear else {"training.optimizer": "adamw", "training.weight_decay": SMALL_TABLE_WEIGHT_DECAY}
        config = config.replace({"model.depth": 1, **decay})
    if isinstance(config.model, ModelConfig) and len(dataset.fields) > 1 and config.model.corruption is None:
        config = config.replace({"model.corruption": "dropped_fields"})
    if dataset.of_texts and isinstance(config.model, ModelConfig) and config.model.bottleneck.kind == "gaussian":
        config = config.replace({"model.free_bits": FREE_BITS})
    max_latent_dim = max(2, feature_count(dataset) // 2)
    if isinstance(config.model, ModelConfig) and getattr(config.model.bottleneck, "latent_dim", 0) > max_latent_dim:
        config = config.replace({"model.latent_dim": max_latent_dim})
    config = config.replace(changes)
    if any(path.rpartition(".")[2] == "epochs" for path in changes):
        return config
    steps_per_epoch = max(1, -(-count // config.training.batch_size))
    return config.replace({"training.epochs": min(300, max(5, round(TARGET_STEPS / steps_per_epoch)))})


def feature_count(dataset: Dataset) -> int:
    """Return the number of features of a sample in x-space, over all its fields."""
    return sum(modality_of(field).prepare(torch.zeros(1, *field.shape)).numel() for field in dataset.fields.values())
