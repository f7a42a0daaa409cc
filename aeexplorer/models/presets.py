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
)
RECURRENT_AE = Preset(
    name="recurrent-ae",
    title="Recurrent AE",
    summary="Reads a sample row by row (a table column by column) and writes it again from memory.",
    model={"network": "recurrent"},
)
DENOISING_AE = Preset(
    name="denoising-ae",
    title="Denoising AE",
    summary="Sees a noisy sample, must return the clean one.",
    model={"corruption": {"kind": "gaussian_noise"}},
)
WORD_DROPOUT_AE = Preset(
    name="word-dropout-ae",
    title="Word-dropout AE",
    summary="Sees a text with some words missing, must return all of them.",
    model={"corruption": {"kind": "word_dropout"}},
)
MASKED_AE = Preset(
    name="masked-ae",
    title="Masked AE",
    summary="Sees some patches of the picture, must fill in the others.",
    model={"corruption": {"kind": "patch_masking"}},
)
SPARSE_AE = Preset(
    name="sparse-ae",
    title="Sparse AE",
    summary="Many units, few of them active for any one sample: each learns a part.",
    model={"bottleneck": {"kind": "sparse", "penalty": "kl"}},
)
CONTRACTIVE_AE = Preset(
    name="contractive-ae",
    title="Contractive AE",
    summary="A code that holds still when the input changes a little.",
    model={"network": "dense", "bottleneck": {"kind": "contractive"}},
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
BETA_TC_VAE = Preset(
    name="beta-tc-vae",
    title="β-TC-VAE",
    summary="A VAE pressed to keep its dimensions independent, without losing what they tell.",
    model={"bottleneck": {"kind": "beta_tc"}, "likelihood": "optimal_sigma"},
)
WAE = Preset(
    name="wae",
    title="WAE",
    summary="Points, not clouds: only all of them together are held to the prior. Sharper than a VAE.",
    model={"bottleneck": {"kind": "wasserstein"}},
)
AAE = Preset(
    name="aae",
    title="Adversarial AE",
    summary="A second network learns to tell codes from the prior, and the encoder to fool it.",
    model={"bottleneck": {"kind": "adversarial"}},
)
VQ_VAE = Preset(
    name="vq-vae",
    title="VQ-VAE",
    summary="Each patch becomes a word of a learned vocabulary.",
    model={"bottleneck": {"kind": "vector_quantized"}},
)
FSQ = Preset(
    name="fsq",
    title="FSQ",
    summary="Each patch becomes a few rounded numbers: a vocabulary that needs no learning and cannot collapse.",
    model={"bottleneck": {"kind": "finite_scalar"}},
)
RVQ = Preset(
    name="rvq",
    title="RVQ",
    summary="Each patch becomes several words, every one correcting those before.",
    model={"bottleneck": {"kind": "residual"}},
)
SIM_VQ = Preset(
    name="sim-vq",
    title="SimVQ",
    summary="A vocabulary that moves as a whole, so that no word is left behind.",
    model={"bottleneck": {"kind": "sim_vq"}},
)

_PLAIN = (LINEAR_AE, DENSE_AE, CONV_AE, RECURRENT_AE, DENOISING_AE, WORD_DROPOUT_AE, MASKED_AE, SPARSE_AE, CONTRACTIVE_AE)
_WITH_A_PRIOR = (VAE, BETA_VAE, BETA_TC_VAE, WAE, AAE)
_WITH_WORDS = (VQ_VAE, FSQ, RVQ, SIM_VQ)


def presets() -> dict[str, Preset]:
    """All presets by name, simplest first."""
    return {p.name: p for p in _PLAIN + _WITH_A_PRIOR + _WITH_WORDS}
