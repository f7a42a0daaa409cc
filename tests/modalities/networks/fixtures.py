"""Fields of several modalities and shapes, toy samples for them, and a short training."""

import math
from pathlib import Path

import torch

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig

COLUMNS = [
    {"name": "length", "kind": "numeric", "low": 0.0, "high": 1.0},
    {"name": "kind", "kind": "categorical", "categories": ["a", "b", "c"]},
    {"name": "width", "kind": "numeric", "low": 0.0, "high": 1.0},
    {"name": "height", "kind": "numeric", "low": 0.0, "high": 1.0},
    {"name": "flag", "kind": "categorical", "categories": ["no", "yes"]},
]
TABLE = Field("row", "tabular", (len(COLUMNS),), "float32", {"columns": COLUMNS}, Path())


def picture(*shape: int) -> Field:
    return Field("image", "image", shape, "float32", {}, Path())


CHANNELS = [{"name": name, "kind": "numeric", "low": 0.0, "high": 1.0} for name in ("x", "y")]
SERIES = Field("series", "series", (16, 2), "float32", {"columns": CHANNELS}, Path())
TEXT = Field("text", "text", (6,), "uint16", {"representation": "characters", "tokens": ["", "", "?", *"abcde"]}, Path())
FIELDS = {
    "grey": picture(1, 8, 8),
    "odd colour": picture(3, 13, 9),
    "five channels": picture(5, 6, 17),
    "one pixel": picture(1, 1, 1),
    "one row": picture(2, 1, 11),
    "table": TABLE,
    "series": SERIES,
    "text": TEXT,
    "video": Field("video", "video", (2, 4, 7, 8), "float32", {}, Path()),
}
PAIRS = [(name, network) for name, field in FIELDS.items() for network in modality_of(field).networks]


def build(field: Field, network: str, bottleneck: object = "deterministic", **model: object) -> Autoencoder:
    """Build a small model of one field."""
    torch.manual_seed(0)
    settings = {"network": network, "hidden": 24, "channels": 8, "bottleneck": bottleneck, **model}
    return Autoencoder(ModelConfig.model_validate(settings), {field.name: field})


def toys(field: Field, n: int = 96) -> dict[str, torch.Tensor]:
    """Draw x-space samples with two degrees of freedom."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.rand(2, n, 1, generator=generator)
    if field.modality == "tabular":
        raw = torch.cat([a, (3 * b).floor(), 1 - a, a * b, (a > 0.5).float()], 1)
        return {field.name: modality_of(field).prepare(raw)}
    if field.modality == "series":
        return {field.name: torch.exp(-((torch.linspace(0, 1, 16)[:, None] - torch.stack([a, b], 2)) ** 2) / 0.02)}
    if field.modality == "text":
        return {field.name: modality_of(field).prepare(3 + (5 * (a + b * torch.arange(6) / 6) % 5).floor())}
    positions = torch.linspace(0, 1, math.prod(field.shape[1:]))
    spots = torch.exp(-((positions - a) ** 2) / 0.02) * (0.5 + 0.5 * b)
    return {field.name: spots.view(n, 1, *field.shape[1:]).expand(n, *field.shape).contiguous()}


def trained_error(model: Autoencoder, x: dict[str, torch.Tensor], steps: int = 150) -> float:
    """Train with Adam on all samples; return the squared error, relative to that of the mean sample."""
    torch.manual_seed(1)
    optimizer = torch.optim.Adam(model.train().parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        model(x, 0.5).loss.mean().backward()
        optimizer.step()
        schedule.step()
    (name, samples), *_ = x.items()
    with torch.inference_mode():
        error = (model.eval()(x).reconstruction[name] - samples).square().mean()
    return float(error / (samples - samples.mean(0)).square().mean())
