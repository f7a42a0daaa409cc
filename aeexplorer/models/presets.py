"""Presets, named as in textbooks: sets of defaults that train well without tuning on any dataset that they fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preset:
    """A named starting point: the settings that differ from the defaults."""

    name: str
    """Name on the command line."""
    title: str
    """Name that people see."""
    summary: str
    """One or two sentences for students."""
    model: Mapping[str, Any]
    """Settings of the model, in the form of `aeexplorer.models.config.ModelConfig`."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the training."""


LINEAR_AE = Preset(
    name="linear-ae",
    title="Linear AE",
    summary="No non-linear layers at all. It finds the same subspace as PCA.",
    model={"network": "linear"},
    training={"learning_rate": 2e-2},
)
DENSE_AE = Preset(
    name="dense-ae",
    title="Dense AE",
    summary="Fully connected layers that compress a sample to a short vector and back.",
    model={"network": "dense"},
)
CONV_AE = Preset(
    name="conv-ae",
    title="Conv AE",
    summary="Convolutions, which use the fact that neighbouring pixels belong together.",
    model={"network": "conv"},
)
RECURRENT_AE = Preset(
    name="recurrent-ae",
    title="Recurrent AE",
    summary="Reads a sample row by row (a table column by column), then writes it from memory.",
    model={"network": "recurrent"},
)
DENOISING_AE = Preset(
    name="denoising-ae",
    title="Denoising AE",
    summary="Sees a noisy sample and must return the clean one.",
    model={"corruption": {"kind": "gaussian_noise"}},
)
WORD_DROPOUT_AE = Preset(
    name="word-dropout-ae",
    title="Word-dropout AE",
    summary="Sees a text with some words missing and must return all words.",
    model={"corruption": {"kind": "word_dropout"}},
)
MASKED_AE = Preset(
    name="masked-ae",
    title="Masked AE",
    summary="Sees some patches of the picture and must fill in the others.",
    model={"corruption": {"kind": "patch_masking"}},
)
SPARSE_AE = Preset(
    name="sparse-ae",
    title="Sparse AE",
    summary="Many units, few of them active for each sample: each unit learns a part of the data.",
    model={"bottleneck": {"kind": "sparse", "penalty": "kl"}},
)
CONTRACTIVE_AE = Preset(
    name="contractive-ae",
    title="Contractive AE",
    summary="A code that hardly changes when the input changes a little.",
    model={"network": "dense", "bottleneck": {"kind": "contractive"}},
)
VAE = Preset(
    name="vae",
    title="VAE",
    summary="Each sample becomes a small cloud. Together, the clouds fill a space from which new samples can be drawn.",
    model={"bottleneck": {"kind": "gaussian"}, "likelihood": "optimal_sigma"},
)
BETA_VAE = Preset(
    name="beta-vae",
    title="β-VAE",
    summary="A VAE with a stronger pull towards the prior: it uses fewer, more independent dimensions.",
    model={"bottleneck": {"kind": "gaussian", "beta": 4.0}, "likelihood": "optimal_sigma"},
)
BETA_TC_VAE = Preset(
    name="beta-tc-vae",
    title="β-TC-VAE",
    summary="A VAE that keeps its dimensions independent of each other, without losing information about the sample.",
    model={"bottleneck": {"kind": "beta_tc"}, "likelihood": "optimal_sigma"},
)
WAE = Preset(
    name="wae",
    title="WAE",
    summary="Points instead of clouds: only all points together must follow the prior. Sharper than a VAE.",
    model={"bottleneck": {"kind": "wasserstein"}},
)
AAE = Preset(
    name="aae",
    title="Adversarial AE",
    summary="A second network learns to tell codes from draws of the prior, and the encoder learns to fool it.",
    model={"bottleneck": {"kind": "adversarial"}},
)
VQ_VAE = Preset(
    name="vq-vae",
    title="VQ-VAE",
    summary="Each patch becomes an entry of a learned codebook, like a word of a vocabulary.",
    model={"bottleneck": {"kind": "vector_quantized"}},
)
FSQ = Preset(
    name="fsq",
    title="FSQ",
    summary="Each patch becomes a few rounded numbers: a codebook that needs no learning and cannot collapse.",
    model={"bottleneck": {"kind": "finite_scalar"}},
)
RVQ = Preset(
    name="rvq",
    title="RVQ",
    summary="Each patch becomes several codebook entries, each correcting the ones before.",
    model={"bottleneck": {"kind": "residual"}},
)
SIM_VQ = Preset(
    name="sim-vq",
    title="SimVQ",
    summary="A codebook that moves as a whole, so that no entry is left behind.",
    model={"bottleneck": {"kind": "sim_vq"}},
)

_PLAIN = (LINEAR_AE, DENSE_AE, CONV_AE, RECURRENT_AE, DENOISING_AE, WORD_DROPOUT_AE, MASKED_AE, SPARSE_AE, CONTRACTIVE_AE)
_WITH_PRIOR = (VAE, BETA_VAE, BETA_TC_VAE, WAE, AAE)
_WITH_CODEBOOK = (VQ_VAE, FSQ, RVQ, SIM_VQ)


def presets() -> dict[str, Preset]:
    """Return all presets by name, simplest first."""
    return {p.name: p for p in _PLAIN + _WITH_PRIOR + _WITH_CODEBOOK}
