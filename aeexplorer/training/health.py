"""How a trained model's layers work: units that no longer react, and how much of the data's variance comes out again."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.models.autoencoder import Autoencoder

SAMPLES = 256
FLAT = 0.02
"""Share of an activation's greatest slope below which a unit counts as saturated."""
_SLOPES = {nn.Sigmoid: (lambda y: y * (1 - y), 0.25), nn.Tanh: (lambda y: 1 - y.square(), 1.0)}


def measure_health(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> dict[str, float]:
    """What a diagnosis needs to know of a model beyond its curves.

    Parameters
    ----------
    model
        In any mode; left in evaluation mode.
    data, ids
        Stored samples by field, ``(n, *shape)``, and which of them; 256 at most are used.

    Returns
    -------
    dict
        ``variance_kept``, the variance over samples of the reconstructions as a share of the inputs'; ``saturated``, of the
        layer where it is greatest the share of sigmoid or tanh outputs whose slope is below 2 % of its greatest; ``dead``, of
        the layer where it is greatest the share of ReLU units that are zero for every sample. The last two only where
        there are such layers.
    """
    device = next(model.parameters()).device
    found: dict[str, float] = {}

    def watch(module: nn.Module, _: object, output: Tensor) -> None:
        if type(module) in _SLOPES:
            slope, greatest = _SLOPES[type(module)]
            note("saturated", (slope(output) < FLAT * greatest).float().mean())
        elif isinstance(module, nn.ReLU):
            note("dead", (output.transpose(0, 1).flatten(1) <= 0).all(1).float().mean())

    def note(name: str, share: Tensor) -> None:
        found[name] = max(found.get(name, 0.0), float(share))

    index = torch.from_numpy(np.ascontiguousarray(ids[:SAMPLES], np.int64))
    hooks = [module.register_forward_hook(watch) for module in model.modules()]
    try:
        with torch.inference_mode():
            model.eval()
            x = model.prepare({name: values[index.to(values.device)].to(device) for name, values in data.items()})
            output = model(x)
    finally:
        for hook in hooks:
            hook.remove()
    kept = [
        float(output.reconstruction[name].var(0).sum() / batch.nan_to_num().var(0).sum().clamp_min(1e-12))
        for name, batch in x.items()
    ]
    return {"variance_kept": float(np.mean(kept)), **found}
