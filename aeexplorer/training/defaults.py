"""Default settings: a preset is fitted to a dataset, so that it trains well without further changes."""

import math
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
MIN_STEPS = 600
"""Training steps that it aims at for the smallest datasets, which overfit if they are trained for longer."""
STEPS_PER_SAMPLE = 4
"""Training steps for each training sample, between `MIN_STEPS` and `TARGET_STEPS`."""
MIN_BATCH, BATCH, LARGE_BATCH = 8, 64, 128
"""Batch sizes of the smallest datasets, of most datasets, and of large ones."""
LARGE_SAMPLES = 100_000
"""A dataset with so many training samples is large."""
PATIENCE_SHARE = 0.25
"""Patience of the early stopping, as a share of the epochs."""
TABLE_PATIENCE_SHARE = 0.5
"""The same for tables, whose epochs are short and whose validation loss falls slowly."""
MIN_PATIENCE = 3
"""Patience of the early stopping, at least, in epochs."""

FREE_BITS = 0.5
"""Nats of KL per latent dimension that a VAE of texts does not pay for. Without them its latents carry little information
(Bowman et al. 2016, arXiv:1511.06349)."""

SMALL_SAMPLES = 400
"""A dataset with fewer training samples is small."""
SMALL_WEIGHT_DECAY = 0.3
"""Decoupled weight decay (AdamW) of models of small datasets, which overfit without it."""
SAMPLES_PER_LATENT = 20
"""Training samples for each latent dimension, at least. With fewer, PCA finds the dimensions better than a network does."""


def config_for(preset: Preset | str, dataset: Dataset, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """Return the settings of a preset for a dataset.

    The preset is adapted to the dataset, except where `changes` say otherwise:

    - The batch size is 64, or 128 from 100,000 training samples. Below 256 samples it is smaller, so that an epoch has at least
      four steps, but at least 8.
    - Training takes about 2,400 steps, and at least 5 epochs. Below 600 samples that are no tables it takes four steps for each
      sample, but at least 600.
    - With a validation split, the weights of the lowest validation loss are kept, and training stops when a quarter of its
      epochs in a row (of a table half), and at least three, did not lower it (early stopping; Prechelt 1998, Neural Netw.
      11:761).
    - Models of fewer than 400 samples get one hidden layer and weight decay. They overfit without.
    - A linear network has neither weight decay nor early stopping nor fewer steps: it should find what PCA finds.
    - Datasets of several fields are trained with some fields hidden from the encoder.
    - A VAE of a table gets a σ for each column.
    - A VAE of texts gets free bits.
    - The latent has at most half as many dimensions as a sample has features, and at most one for every 20 training samples.

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
    config = base.replace({"training.batch_size": _batch_size(count)})
    if isinstance(config.model, ModelConfig):
        config = config.replace(_model_changes(config.model, dataset, count))
    config = config.replace(changes)
    is_linear = isinstance(config.model, ModelConfig) and config.model.network == "linear"
    is_table = all(field.modality == "tabular" for field in dataset.fields.values())
    named = {path.rpartition(".")[2] for path in changes}
    if "epochs" not in named:
        steps_per_epoch = max(1, -(-count // config.training.batch_size))
        steps = TARGET_STEPS if is_linear or is_table else min(TARGET_STEPS, max(MIN_STEPS, STEPS_PER_SAMPLE * count))
        config = config.replace({"training.epochs": max(5, round(steps / steps_per_epoch))})
    if "patience" not in named and not is_linear and len(dataset.ids("validation")):
        share = TABLE_PATIENCE_SHARE if is_table else PATIENCE_SHARE
        patience = max(MIN_PATIENCE, math.ceil(share * config.training.epochs))
        config = config.replace({"training.patience": min(1_000, patience)})
    return config


def _batch_size(count: int) -> int:
    """Return the batch size for a number of training samples: a power of two."""
    if count >= LARGE_SAMPLES:
        return LARGE_BATCH
    return min(BATCH, max(MIN_BATCH, 1 << max(0, (count // 4).bit_length() - 1)))


def _model_changes(model: ModelConfig, dataset: Dataset, count: int) -> dict[str, Any]:
    """Return the settings by which a preset's model and its optimiser are adapted to a dataset."""
    changes: dict[str, Any] = {}
    if count < SMALL_SAMPLES:
        changes["model.depth"] = 1
        if model.network != "linear":
            changes |= {"training.optimizer": "adamw", "training.weight_decay": SMALL_WEIGHT_DECAY}
    if len(dataset.fields) > 1 and model.corruption is None:
        changes["model.corruption"] = "dropped_fields"
    if model.likelihood.kind == "optimal_sigma" and any(field.modality == "tabular" for field in dataset.fields.values()):
        changes["model.likelihood"] = "column_sigma"
    if dataset.of_texts and model.bottleneck.kind == "gaussian":
        changes["model.free_bits"] = FREE_BITS
    max_latent_dim = max(2, min(feature_count(dataset) // 2, count // SAMPLES_PER_LATENT))
    if getattr(model.bottleneck, "latent_dim", 0) > max_latent_dim:
        changes["model.latent_dim"] = max_latent_dim
    return changes


def feature_count(dataset: Dataset) -> int:
    """Return the number of features of a sample in x-space, over all its fields."""
    return sum(modality_of(field).prepare(torch.zeros(1, *field.shape)).numel() for field in dataset.fields.values())
