"""Presets under the names a course uses, each a set of defaults that trains well at once on any dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preset:
    """A named starting point: settings that differ from the defaults."""

    name: str
    title: str
    summary: str
    model: Mapping[str, Any]
    training: Mapping[str, Any] = field(default_factory=dict)
    modalities: tuple[str, ...] = ("image", "tabular")
    """Modalities it is for."""


LINEAR_AE = Preset(
    name="linear-ae",
    title="Linear AE",
    summary="No non-linearity at all. It finds the same subspace as PCA.",
    model={"network": "linear"},
    training={"learning_rate": 2e-2},
)
DENSE_AE = Preset(
    name="dense-ae",
    title="Dense AE",
    summary="Fully connected layers down to a short vector and back.",
    model={"network": "dense"},
)
CONV_AE = Preset(
    name="conv-ae",
    title="Conv AE",
    summary="Convolutions that know neighbouring pixels belong together.",
    model={"network": "conv"},
    modalities=("image",),
)
DENOISING_AE = Preset(
    name="denoising-ae",
    title="Denoising AE",
    summary="Sees a noisy sample, must return the clean one.",
    model={"corruption": {"kind": "gaussian_noise"}},
)
VAE = Preset(
    name="vae",
    title="VAE",
    summary="Each sample is a small cloud; the clouds together fill a space one can draw new samples from.",
    model={"bottleneck": {"kind": "gaussian"}, "likelihood": "optimal_sigma"},
)
BETA_VAE = Preset(
    name="beta-vae",
    title="β-VAE",
    summary="A VAE whose clouds are pressed harder towards the prior: fewer, more independent dimensions.",
    model={"bottleneck": {"kind": "gaussian", "beta": 4.0}, "likelihood": "optimal_sigma"},
)
VQ_VAE = Preset(
    name="vq-vae",
    title="VQ-VAE",
    summary="Each patch becomes a word of a learned vocabulary.",
    model={"bottleneck": {"kind": "vector_quantized"}},
)


def presets() -> dict[str, Preset]:
    """All presets by name, simplest first."""
    return {p.name: p for p in (LINEAR_AE, DENSE_AE, CONV_AE, DENOISING_AE, VAE, BETA_VAE, VQ_VAE)}
