"""Decoding of latents and codes to samples, in the units in which the dataset stores them."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from aeexplorer.modalities.base import written_modality
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.fast_decoding import with_fast_decoders
from aeexplorer.training.run import Run

BATCH_SIZE = 256


def decode(run: Run, latents: np.ndarray) -> dict[str, np.ndarray]:
    """Decode latents to samples.

    With a codebook, each latent is first replaced by its nearest entries.

    Parameters
    ----------
    run
        A run with a trained model.
    latents
        ``(m, d)``.

    Returns
    -------
    dict of str to numpy.ndarray
        ``{field: (m, *shape)}``, in the dtype and units of the stored samples.
    """
    return restore(run, _decode_batches(run.model, latents))


def decode_quickly(run: Run, latents: np.ndarray) -> dict[str, np.ndarray]:
    """Decode latents as `decode` does, faster and to within a few thousandths.

    Use it for large numbers of thumbnails; see `aeexplorer.models.fast_decoding`.
    """
    return restore(run, _decode_batches(with_fast_decoders(run.model), latents))


def decoded_features(run: Run, latents: np.ndarray) -> np.ndarray:
    """Decode latents ``(m, d)`` to x-space and concatenate all fields: float32 ``(m, D)``."""
    batches = _decode_batches(run.model, latents)
    return np.concatenate([torch.cat([x.flatten(1) for x in batch.values()], 1).numpy() for batch in batches])


def differentiable_features(run: Run, latents: Tensor) -> Tensor:
    """Decode latents ``(m, d)`` to x-space like `decoded_features`, as tensors ``(m, D)`` with the gradient of the latents."""
    return torch.cat([x.flatten(1) for x in run.model.decode(latents).values()], 1)


def decode_codes(run: Run, codes: np.ndarray) -> dict[str, np.ndarray]:
    """Decode codes ``(m, T)`` to samples ``{field: (m, *shape)}``."""
    model = run.model
    return restore(run, [model.decode_codes(batch) for batch in torch.from_numpy(np.asarray(codes, np.int64)).split(BATCH_SIZE)])


def _decode_batches(model: Autoencoder, latents: np.ndarray) -> list[dict[str, Tensor]]:
    """Decode latents ``(m, d)`` in batches to x-space: a list of ``{field: (batch, *shape)}``."""
    with torch.inference_mode():
        return [model.decode(batch) for batch in torch.from_numpy(np.ascontiguousarray(latents, np.float32)).split(BATCH_SIZE)]


def restore(run: Run, batches: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """Convert batches of decoded fields from x-space to the units and dtype of the stored samples."""
    modalities = run.model.modalities
    return {name: np.concatenate([modalities[name].restore(batch[name]) for batch in batches]) for name in modalities}


def first_field(run: Run, modality: str) -> str | None:
    """Return the name of the first field with this modality, or None if there is none."""
    return next((name for name, field in run.dataset.fields.items() if field.modality == modality), None)


def text_rows(run: Run, field: str, samples: Mapping[str, np.ndarray]) -> list[list[tuple[str, str]]]:
    """Return the samples of a readable field (such as text or a table), each as a list of (name, text) rows."""
    modality = written_modality(run.model.modalities[field].field)
    return [modality.rows(sample) for sample in samples[field]]
