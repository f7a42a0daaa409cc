"""Every setting of every part changes the model, unless it is marked as having no effect."""

import itertools
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from aeexplorer.core.registry import collect
from aeexplorer.core.settings import When, settings_without_effect
from aeexplorer.data.dataset import Field
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import BOTTLENECKS, CORRUPTIONS, FUSIONS, LIKELIHOODS, ModelConfig
from aeexplorer.models.parts import PartSettings

PARTS = {"bottleneck": BOTTLENECKS, "corruption": CORRUPTIONS, "likelihood": LIKELIHOODS, "fusion": FUSIONS}
COLUMNS = [{"name": f"c{i}", "kind": "numeric", "categories": [], "low": 0.0, "high": 1.0} for i in range(12)]
FIELDS = {
    "image": Field("sample", "image", (1, 8, 8), "float32", {}, Path()),
    "tabular": Field("sample", "tabular", (12,), "float32", {"columns": COLUMNS}, Path()),
    "series": Field("sample", "series", (20, 12), "float32", {"columns": COLUMNS}, Path()),
    "text": Field("sample", "text", (6,), "uint16", {"representation": "characters", "tokens": ["", "", "?", *"abcde"]}, Path()),
}
MODALITY_OF_KIND = {"dropped_columns": "tabular", "dropped_steps": "series", "word_dropout": "text"}
STEPS = 8
SMALL = {"codebook_size": 8, "code_dim": 3, "token_target": 4}
CHANGES: list[tuple[str, str, str, Any, dict[str, Any]]] = [
    ("bottleneck", "deterministic", "latent_dim", 5, {}),
    ("bottleneck", "contractive", "latent_dim", 5, {}),
    ("bottleneck", "contractive", "weight", 9.0, {}),
    ("bottleneck", "sparse", "units", 9, {}),
    ("bottleneck", "sparse", "penalty", "top_k", {}),
    ("bottleneck", "sparse", "weight", 3.0, {}),
    ("bottleneck", "sparse", "target", 0.4, {"penalty": "kl"}),
    ("bottleneck", "sparse", "active", 3, {"penalty": "top_k"}),
    ("bottleneck", "gaussian", "latent_dim", 5, {}),
    ("bottleneck", "gaussian", "beta", 3.0, {}),
    ("bottleneck", "gaussian", "kl_warmup", 0.9, {}),
    ("bottleneck", "gaussian", "free_bits", 2.0, {}),
    ("bottleneck", "beta_tc", "latent_dim", 5, {}),
    ("bottleneck", "beta_tc", "beta", 9.0, {}),
    ("bottleneck", "beta_tc", "kl_warmup", 0.9, {}),
    ("bottleneck", "wasserstein", "latent_dim", 5, {}),
    ("bottleneck", "wasserstein", "weight", 5.0, {}),
    ("bottleneck", "adversarial", "latent_dim", 5, {}),
    ("bottleneck", "adversarial", "weight", 5.0, {}),
    ("bottleneck", "adversarial", "discriminator", 8, {}),
    *[
        ("bottleneck", kind, field, value, SMALL)
        for kind in ("vector_quantized", "residual", "sim_vq")
        for field, value in (("codebook_size", 5), ("code_dim", 5), ("token_target", 1), ("commitment", 4.0))
    ],
    *[("bottleneck", kind, "decay", 0.5, SMALL) for kind in ("vector_quantized", "residual")],
    *[("bottleneck", kind, "restart", 0.0, SMALL | {"decay": 0.1}) for kind in ("vector_quantized", "residual")],
    *[("bottleneck", kind, "rotation", True, SMALL) for kind in ("vector_quantized", "residual", "sim_vq")],
    ("bottleneck", "vector_quantized", "update", "loss", SMALL),
    ("bottleneck", "vector_quantized", "start", "random", SMALL),
    ("bottleneck", "vector_quantized", "cosine", True, SMALL),
    ("bottleneck", "residual", "stages", 2, SMALL),
    ("bottleneck", "finite_scalar", "codebook_size", 1000, {}),
    ("bottleneck", "finite_scalar", "token_target", 1, {}),
    ("corruption", "gaussian_noise", "noise", 0.9, {}),
    *[("corruption", kind, "share", 0.8, {}) for kind in ("masking", "salt_and_pepper", "patch_masking", "occlusion")],
    ("corruption", "dropped_columns", "share", 0.8, {}),
    ("corruption", "dropped_fields", "share", 0.8, {}),
    ("corruption", "dropped_steps", "share", 0.8, {}),
    ("corruption", "dropped_steps", "length", 2, {}),
    ("corruption", "word_dropout", "share", 0.8, {}),
    ("corruption", "patch_masking", "patches", 3, {}),
    ("corruption", "blur", "radius", 3.0, {}),
    ("likelihood", "gaussian", "sigma", 0.1, {}),
    ("likelihood", "laplace", "scale", 0.1, {}),
    ("likelihood", "huber", "sigma", 0.9, {}),
    ("likelihood", "huber", "delta", 0.2, {}),
    ("likelihood", "ssim", "scale", 3.0, {}),
]


def trained(part: str, kind: str, settings: dict[str, Any], buffers: bool = True) -> list[torch.Tensor]:
    """Train for a few steps; return weights, statistics in buffers, latents and reconstructions."""
    torch.manual_seed(0)
    field = FIELDS[MODALITY_OF_KIND.get(kind, "image")]
    config = ModelConfig.model_validate({"network": "dense", "hidden": 16, part: {"kind": kind, **settings}})
    others = {"other": FIELDS["tabular"]} if kind == "dropped_fields" else {}
    model = Autoencoder(config, {"sample": field, **others}).train()
    x = {name: torch.rand(16, *f.shape) for name, f in {"sample": field, **others}.items()}
    if field.modality == "text":
        x = model.prepare({"sample": torch.randint(2, 8, (16, *field.shape))})
    optimizer = torch.optim.SGD(model.parameters(), 1e-2)
    for step in range(STEPS):
        optimizer.zero_grad()
        output = model(x, step / STEPS)
        output.loss.mean().backward()
        optimizer.step()
    weights = model.state_dict().values() if buffers else [p.detach() for p in model.parameters()]
    with torch.no_grad():
        return [*weights, model.encode(x).latent, model.eval()(x).reconstruction["sample"]]


@pytest.mark.parametrize(("part", "kind", "field", "value", "context"), CHANGES, ids=lambda value: str(value)[:20])
def test_settings_have_an_effect(part: str, kind: str, field: str, value: Any, context: dict[str, Any]) -> None:
    before, after = trained(part, kind, context), trained(part, kind, context | {field: value})
    same = [a.shape == b.shape and torch.allclose(a, b, rtol=1e-5, atol=1e-7) for a, b in zip(before, after, strict=False)]
    assert len(before) != len(after) or not all(same)
    assert all(torch.equal(a, b) for a, b in zip(before, trained(part, kind, context), strict=True))


def test_every_setting_is_changed() -> None:
    changed = {(part, kind, field) for part, kind, field, _, _ in CHANGES}
    existing = {
        (part, kind, field)
        for part, package in PARTS.items()
        for kind, settings in collect(package, PartSettings).items()
        for field in settings.model_fields
        if field != "kind"
    }
    assert existing == changed


def conditions() -> list[tuple[str, str, str, dict[str, Any]]]:
    """List each setting with conditions, for every choice of the settings in those conditions."""
    cases = []
    for part, package in PARTS.items():
        for kind, settings in collect(package, PartSettings).items():
            for name, field in settings.model_fields.items():
                named = sorted({key for mark in field.metadata if isinstance(mark, When) for key in mark.conditions})
                choices = [get_args(settings.model_fields[key].annotation) or (0.0, 1.0) for key in named]
                cases += [
                    (part, kind, name, dict(zip(named, choice, strict=True))) for choice in itertools.product(*choices) if named
                ]
    return cases


@pytest.mark.parametrize(("part", "kind", "field", "choice"), conditions(), ids=lambda value: str(value)[:40])
def test_settings_marked_without_effect_have_none(part: str, kind: str, field: str, choice: dict[str, Any]) -> None:
    value, context = next((value, context) for p, k, f, value, context in CHANGES if (p, k, f) == (part, kind, field))
    context = context | choice
    idle = settings_without_effect(ModelConfig.model_validate({part: {"kind": kind, **context}}).leaves())
    before, after = (trained(part, kind, settings, buffers=False) for settings in (context, context | {field: value}))
    same = all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert same == (f"{part}.{field}" in idle)
