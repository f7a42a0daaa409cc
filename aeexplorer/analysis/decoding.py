"""From latents, codes and sample ids to decoded samples, in the units they are stored in."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from aeexplorer.modalities.base import Written
from aeexplorer.training.run import Run

BATCH = 256


def decode(run: Run, latents: np.ndarray) -> dict[str, np.ndarray]:
    """Points ``(m, d)`` of the latent space → samples ``{field: (m, *shape)}``; a codebook takes the entries nearest to them."""
    model = run.model
    return restore(run, [model.decode(part) for part in torch.from_numpy(np.asarray(latents, np.float32)).split(BATCH)])


def decode_codes(run: Run, codes: np.ndarray) -> dict[str, np.ndarray]:
    """Codes ``(m, T)`` → samples ``{field: (m, *shape)}``."""
    model = run.model
    return restore(run, [model.decode_codes(part) for part in torch.from_numpy(np.asarray(codes, np.int64)).split(BATCH)])


def restore(run: Run, batches: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """x-space batches of every field → arrays like the stored samples."""
    modalities = run.model.modalities
    return {name: np.concatenate([modalities[name].restore(batch[name]) for batch in batches]) for name in modalities}


def field_of(run: Run, modality: str) -> str | None:
    """The first field of that modality, or None."""
    return next((name for name, field in run.dataset.fields.items() if field.modality == modality), None)


def text_rows(run: Run, field: str, samples: Mapping[str, np.ndarray]) -> list[list[tuple[str, str]]]:
    """Samples of a field that people read, each as (name, text)."""
    modality = run.model.modalities[field]
    assert isinstance(modality, Written)
    return [modality.rows(sample) for sample in samples[field]]
