"""From latents, codes and sample ids to decoded samples, in the units they are stored in."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from aeexplorer.modalities.base import written_modality
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.quick import quick
from aeexplorer.training.run import Run

BATCH_SIZE = 256


def decode(run: Run, latents: np.ndarray) -> dict[str, np.ndarray]:
    """Points ``(m, d)`` of the latent space → samples ``{field: (m, *shape)}``; a codebook takes the entries nearest to them."""
    return restore(run, _decoded(run.model, latents))


def decode_quickly(run: Run, latents: np.ndarray) -> dict[str, np.ndarray]:
    """As `decode`, to within some thousandths, for many pictures that are only looked at; see `aeexplorer.models.quick`."""
    return restore(run, _decoded(quick(run.model), latents))


def decoded_features(run: Run, latents: np.ndarray) -> np.ndarray:
    """Points ``(m, d)`` of the latent space → what they decode to in x-space, all fields laid end to end: float32 ``(m, D)``."""
    batches = _decoded(run.model, latents)
    return np.concatenate([torch.cat([x.flatten(1) for x in batch.values()], 1).numpy() for batch in batches])


def decode_codes(run: Run, codes: np.ndarray) -> dict[str, np.ndarray]:
    """Codes ``(m, T)`` → samples ``{field: (m, *shape)}``."""
    model = run.model
    return restore(run, [model.decode_codes(part) for part in torch.from_numpy(np.asarray(codes, np.int64)).split(BATCH_SIZE)])


def _decoded(model: Autoencoder, latents: np.ndarray) -> list[dict[str, Tensor]]:
    with torch.inference_mode():
        return [model.decode(part) for part in torch.from_numpy(np.ascontiguousarray(latents, np.float32)).split(BATCH_SIZE)]


def restore(run: Run, batches: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """x-space batches of every field → arrays like the stored samples."""
    modalities = run.model.modalities
    return {name: np.concatenate([modalities[name].restore(batch[name]) for batch in batches]) for name in modalities}


def first_field(run: Run, modality: str) -> str | None:
    """The first field of that modality, or None."""
    return next((name for name, field in run.dataset.fields.items() if field.modality == modality), None)


def text_rows(run: Run, field: str, samples: Mapping[str, np.ndarray]) -> list[list[tuple[str, str]]]:
    """Samples of a field that people read, each as (name, text)."""
    modality = written_modality(run.model.modalities[field].field)
    return [modality.rows(sample) for sample in samples[field]]
