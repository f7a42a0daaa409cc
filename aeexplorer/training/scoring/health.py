"""Health of a trained model: units that no longer react, and the share of the data's variance that is reconstructed."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.models.autoencoder import Autoencoder

MAX_SAMPLES = 256
SATURATED_SLOPE = 0.02
"""A unit counts as saturated if its slope is below this share of the activation's greatest slope."""
_SLOPES = {nn.Sigmoid: (lambda y: y * (1 - y), 0.25), nn.Tanh: (lambda y: 1 - y.square(), 1.0)}
"""Slope of an activation as a function of its output, and its greatest slope."""


def measure_health(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> dict[str, float]:
    """Measure what a diagnosis of a model needs beyond its loss curves.

    Parameters
    ----------
    model
        The model, in any mode. It is left in evaluation mode.
    data
        Stored samples by field, ``(n, *shape)``.
    ids
        Indices of the samples to use; at most the first 256 are used.

    Returns
    -------
    dict
        ``variance_kept``: variance of the reconstructions over the samples, as a share of the variance of the inputs.
        ``saturated``: share of a layer's sigmoid or tanh outputs whose slope is below 2 % of the greatest slope, for the
        layer where this share is highest. ``dead``: share of a layer's ReLU units that are zero for every sample, for the
        layer where this share is highest. The last two are missing if the model has no such layers.
    """
    device = next(model.parameters()).device
    shares: dict[str, float] = {}

    def measure_layer(module: nn.Module, _: object, output: Tensor) -> None:
        if type(module) in _SLOPES:
            slope, greatest = _SLOPES[type(module)]
            keep_highest("saturated", (slope(output) < SATURATED_SLOPE * greatest).float().mean())
        elif isinstance(module, nn.ReLU):
            keep_highest("dead", (output.transpose(0, 1).flatten(1) <= 0).all(1).float().mean())

    def keep_highest(name: str, share: Tensor) -> None:
        shares[name] = max(shares.get(name, 0.0), float(share))

    index = torch.from_numpy(np.ascontiguousarray(ids[:MAX_SAMPLES], np.int64))
    hooks = [module.register_forward_hook(measure_layer) for module in model.modules()]
    try:
        with torch.inference_mode():
            model.eval()
            x = model.prepare({name: values[index.to(values.device)].to(device) for name, values in data.items()})
            output = model(x)
    finally:
        for hook in hooks:
            hook.remove()
    variance_kept = [_variance_kept(batch.flatten(1), output.reconstruction[name].flatten(1)) for name, batch in x.items()]
    return {"variance_kept": float(np.mean(variance_kept)), **shares}


def _variance_kept(x: Tensor, reconstruction: Tensor) -> float:
    """Return the variance of reconstructions ``(m, F)`` as a share of that of the inputs, over samples where both are finite."""
    finite = reconstruction.isfinite().all(1)
    variance = reconstruction[finite].var(0).sum() / x[finite].nan_to_num().var(0).sum().clamp_min(1e-12)
    return float(variance.nan_to_num(1.0))  # fewer than two finite samples say nothing
