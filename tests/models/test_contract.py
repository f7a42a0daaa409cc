"""Contract of every bottleneck × modality × network × corruption. New files are included automatically."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic.fields import FieldInfo

from aeexplorer.core.errors import UserError
from aeexplorer.core.registry import collect
from aeexplorer.core.settings import Settings, parse
from aeexplorer.data.dataset import Field
from aeexplorer.data.texts import pad_ids
from aeexplorer.modalities.base import Modality, modality_of
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import concatenate_codes
from aeexplorer.models.config import BOTTLENECKS, CORRUPTIONS, FUSIONS, LIKELIHOODS, ModelConfig
from aeexplorer.models.parts import PartSettings
from aeexplorer.training.checkpoint import Checkpoint, load_checkpoint, load_weights, save_checkpoint
from aeexplorer.training.config import RunConfig

COLUMNS = [
    {"name": "length", "kind": "numeric", "categories": [], "low": -2.0, "high": 3.0, "mean": 0.0, "std": 1.0},
    {"name": "kind", "kind": "categorical", "categories": ["a", "b", "c"], "low": 0, "high": 2, "mean": 0, "std": 1},
    {"name": "width", "kind": "numeric", "categories": [], "low": 0.0, "high": 10.0, "mean": 5.0, "std": 2.0},
]
FIELDS = {
    "grey": Field("image", "image", (1, 8, 8), "uint8", {}, Path()),
    "odd colour": Field("image", "image", (3, 13, 9), "uint8", {}, Path()),
    "five channels": Field("image", "image", (5, 6, 17), "float32", {}, Path()),
    "table": Field("row", "tabular", (3,), "float32", {"columns": COLUMNS}, Path()),
    "series": Field("series", "series", (11, 2), "float32", {"columns": COLUMNS[::2]}, Path()),
    "audio": Field("audio", "audio", (1, 8, 10), "uint8", {}, Path()),
    "video": Field("video", "video", (3, 5, 9, 10), "uint8", {}, Path()),
}
TOKENS = {"representation": "characters", "tokens": ["", "", "\ufffd", *"abcdef"]}
FIELDS |= {
    "text": Field("text", "text", (9,), "uint16", TOKENS, Path()),
    "bag": Field("text", "bag_of_words", (6,), "float32", {"representation": "bag", "tokens": list("abcdef")}, Path()),
}
PACKAGES = (BOTTLENECKS, FUSIONS, CORRUPTIONS, LIKELIHOODS)


def raw(field: Field, n: int) -> torch.Tensor:
    """Draw random stored samples, with missing values if the modality allows them."""
    rng = np.random.default_rng(0)
    if field.modality in ("image", "audio", "video"):
        values = rng.integers(0, 256, (n, *field.shape))
        return torch.from_numpy(values.astype(np.uint8) if field.dtype == "uint8" else (values / 255).astype(np.float32))
    if field.modality == "series":
        series = rng.normal(size=(n, *field.shape)).astype(np.float32)
        series[0] = np.nan
        series[1, 4:, 1] = np.nan
        return torch.from_numpy(series)
    if field.modality == "text":
        return torch.from_numpy(pad_ids([rng.integers(2, 9, length).tolist() for length in rng.integers(1, 12, n)], 9)[0])
    if field.modality == "bag_of_words":
        return torch.from_numpy(rng.random((n, 6), np.float32))
    table = np.stack([rng.normal(size=n), rng.integers(0, 3, n), rng.uniform(0, 10, n)], 1).astype(np.float32)
    table[0] = np.nan
    table[1, 1] = np.nan
    return torch.from_numpy(table)


def combinations() -> list[tuple[str, str, str]]:
    """List every network × every bottleneck for two fields; for other fields, a smaller selection."""
    bottlenecks = list(collect(BOTTLENECKS, PartSettings))
    cases = []
    for name, field in FIELDS.items():
        best, *others = modality_of(field).networks
        cases += [(name, best, bottleneck) for bottleneck in bottlenecks]
        some = bottlenecks if name in ("grey", "table") else ["deterministic", "vector_quantized"]
        cases += [(name, *pair) for pair in itertools.product(others, some)]
    return cases


def build(name: str, network: str, bottleneck: str, **model: object) -> Autoencoder:
    torch.manual_seed(0)
    field = FIELDS[name]
    config = ModelConfig.model_validate(
        {"network": network, "hidden": 24, "channels": 8, "bottleneck": {"kind": bottleneck}, **model}
    )
    return Autoencoder(config, {field.name: field})


@pytest.mark.parametrize(("name", "network", "bottleneck"), combinations())
def test_shapes_losses_and_gradients(name: str, network: str, bottleneck: str) -> None:
    model, field = build(name, network, bottleneck), FIELDS[name]
    x = model.prepare({field.name: raw(field, 6)})
    output = model.train()(x, progress=0.5)
    assert output.loss.shape == (6,)
    assert all(term.shape == (6,) and term.isfinite().all() for term in output.terms.values())
    assert output.reconstruction[field.name].shape == x[field.name].shape
    assert output.code.latent.shape == (6, model.bottleneck.latent_dim)
    output.loss.mean().backward()
    assert not [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(3):  # while a code is all zeros, the matrix after it gets no gradient
        optimizer.step()
        optimizer.zero_grad()
        model(x, progress=0.5).loss.mean().backward()
    assert not [name for name, p in model.named_parameters() if torch.equal(p, before[name])]

    model.eval()
    decoded = model.decode(output.code.latent)[field.name]
    assert decoded.shape == x[field.name].shape
    restored = model.modalities[field.name].restore(decoded)
    assert restored.shape == (6, *field.shape)
    assert restored.dtype == np.dtype(field.dtype)
    statistics = model.bottleneck.statistics(concatenate_codes([output.code, output.code]))
    assert all(np.isfinite(value).all() for value in statistics.values())


@pytest.mark.parametrize("bottleneck", list(collect(BOTTLENECKS, PartSettings)))
@pytest.mark.parametrize("name", ["grey", "table"])
def test_checkpoints_restore_the_model(name: str, bottleneck: str, tmp_path: Path) -> None:
    model, field = build(name, "auto", bottleneck), FIELDS[name]
    x = model.prepare({field.name: raw(field, 4)})
    model.train()(x)
    model.eval()
    save_checkpoint(tmp_path, Checkpoint(weights=model.state_dict(), state={"step": 3}))
    config = parse(ModelConfig, model.config.model_dump(mode="json"))
    assert config == model.config
    torch.manual_seed(99)
    other = Autoencoder(config, {field.name: field}).eval()
    stored = load_checkpoint(tmp_path)
    assert stored is not None
    load_weights(other, stored.weights)
    with torch.inference_mode():
        assert torch.equal(other(x).loss, model(x).loss)


@pytest.mark.parametrize("kind", list(collect(CORRUPTIONS, PartSettings)))
@pytest.mark.parametrize("name", list(FIELDS))
def test_corruptions_change_the_input_and_keep_its_shape(name: str, kind: str) -> None:
    field, corruption = FIELDS[name], collect(CORRUPTIONS, PartSettings)[kind]()
    if corruption.drops_fields:
        with pytest.raises(UserError, match="is for data of several fields"):
            build(name, "dense", "deterministic", corruption={"kind": kind})
        return
    if not corruption.fits(modality_of(field)):
        with pytest.raises(UserError, match=f"is for .* data, and these are {field.modality}"):
            build(name, "dense", "deterministic", corruption={"kind": kind})
        return
    model = build(name, "dense", "deterministic", corruption={"kind": kind})
    clean = model.prepare({field.name: raw(field, 8)})
    x, corrupted = clean[field.name], model.corrupt(clean)[field.name]
    assert corrupted.shape == x.shape
    assert not torch.equal(corrupted.nan_to_num(0.0), x.nan_to_num(0.0))
    assert model.train()({field.name: x}).loss.isfinite().all()


def test_corruptions_change_only_the_fields_they_fit() -> None:
    fields = {"picture": FIELDS["grey"], "row": FIELDS["table"]}
    config = ModelConfig.model_validate({"hidden": 24, "channels": 8, "corruption": "blur"})
    model = Autoencoder(config, fields)
    x = model.prepare({"picture": raw(FIELDS["grey"], 5), "row": raw(FIELDS["table"], 5)})
    corrupted = model.corrupt(x)
    assert corrupted["row"] is x["row"]
    assert not torch.equal(corrupted["picture"], x["picture"])


@pytest.mark.parametrize("likelihood", list(collect(LIKELIHOODS, PartSettings)))
@pytest.mark.parametrize("name", list(FIELDS))
def test_likelihoods_are_finite_for_all_data(name: str, likelihood: str) -> None:
    field = FIELDS[name]
    if likelihood == "ssim" and field.modality in ("tabular", "series", "text", "bag_of_words"):
        with pytest.raises(UserError, match="SSIM compares pictures"):
            build(name, "dense", "gaussian", likelihood=likelihood)
        return
    model = build(name, "dense", "gaussian", likelihood=likelihood).train()
    x = model.prepare({field.name: raw(field, 8)})
    output = model(x)
    assert output.terms["reconstruction"].isfinite().all()
    output.loss.mean().backward()
    used = [(n, p) for n, p in model.named_parameters() if field.modality != "text" or not n.startswith("likelihoods")]
    assert not [n for n, p in used if p.grad is None or not p.grad.isfinite().all()]
    perfect = model.modalities[field.name].nll(model.likelihoods[field.name], output.reconstruction[field.name], x[field.name])
    assert perfect.shape == (8,)


def test_loss_compares_with_the_clean_input() -> None:
    model, field = (
        build("grey", "linear", "deterministic", corruption={"kind": "gaussian_noise", "noise": 1.0}),
        FIELDS["grey"],
    )
    x = model.prepare({field.name: raw(field, 4)})
    torch.manual_seed(1)
    output = model.train()(x)
    expected = model.modalities[field.name].nll(model.likelihoods[field.name], output.reconstruction[field.name], x[field.name])
    torch.testing.assert_close(output.terms["reconstruction"], expected)
    torch.manual_seed(1)
    assert not torch.equal(output.loss, model.eval()(x).loss)


def test_fields_are_fused_into_one_code_and_any_may_be_missing() -> None:
    fields = {"picture": FIELDS["grey"], "row": FIELDS["table"]}
    for bottleneck in collect(BOTTLENECKS, PartSettings):
        config = ModelConfig.model_validate({"hidden": 24, "channels": 8, "bottleneck": bottleneck})
        model = Autoencoder(config, fields).train()
        x = model.prepare({"picture": raw(FIELDS["grey"], 5), "row": raw(FIELDS["table"], 5)})
        model(x).loss.mean().backward()
        assert not [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
        assert model.eval()(x).loss.isfinite().all()
        from_picture = model.decode(model.encode({"picture": x["picture"]}).latent)
        assert from_picture["row"].shape == x["row"].shape
        assert not torch.equal(model.encode({"row": x["row"]}).latent, model.encode({"picture": x["picture"]}).latent)


def every_settings_class() -> list[type[Settings]]:
    parts = [part for package in PACKAGES for part in collect(package, PartSettings).values()]
    return [RunConfig, ModelConfig, type(RunConfig(dataset="ds").training), *parts]


@pytest.mark.parametrize("kind", every_settings_class(), ids=lambda kind: kind.__name__)
def test_every_setting_is_documented(kind: type[Settings]) -> None:
    fields: dict[str, FieldInfo] = kind.model_fields
    assert not [name for name, field in fields.items() if name != "kind" and not field.description]
    assert kind.__doc__


def test_every_part_has_its_kind_as_name() -> None:
    for package in PACKAGES:
        for name, part in collect(package, PartSettings).items():
            assert part().kind == name
            assert part.title


def test_every_modality_is_registered_by_name() -> None:
    assert set(collect("aeexplorer.modalities", Modality)) >= {"image", "tabular", "series", "audio", "video"}
