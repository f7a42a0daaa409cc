"""Samples that lack a field: the field adds no loss and is hidden from the encoder; the other fields determine the code."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from aeexplorer.data.dataset import Field, presence_key
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig

COLUMNS = [{"name": f"c{i}", "kind": "numeric", "low": 0.0, "high": 1.0} for i in range(3)]
FIELDS = {
    "picture": Field("picture", "image", (1, 8, 8), "uint8", {}, Path(), partial=True),
    "row": Field("row", "tabular", (3,), "float32", {"columns": COLUMNS}, Path(), partial=True),
}
RAW = {
    "picture": torch.randint(0, 256, (4, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)),
    "row": torch.rand(4, 3, generator=torch.Generator().manual_seed(1)),
    presence_key("picture"): torch.tensor([True, False, True, True]),
    presence_key("row"): torch.tensor([True, True, False, True]),
}


def _model(**settings: object) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(ModelConfig().replace({"hidden": 32, "channels": 8, **settings}), FIELDS)


def test_missing_samples_are_all_nan_in_x_space() -> None:
    x = _model().prepare(RAW)
    assert x["picture"].flatten(1).isnan().all(1).tolist() == [False, True, False, False]
    assert x["row"].isnan().all(1).tolist() == [False, False, True, False]


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli", "optimal_sigma"])
@pytest.mark.parametrize("bottleneck", ["deterministic", "gaussian", "vector_quantized", "contractive"])
def test_training_has_finite_losses_and_gradients(bottleneck: str, likelihood: str) -> None:
    model = _model(bottleneck=bottleneck, likelihood=likelihood).train()
    output = model(model.prepare(RAW))
    output.loss.mean().backward()
    assert output.loss.isfinite().all()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_stored_values_of_missing_samples_have_no_effect() -> None:
    model = _model().eval()
    other = {**RAW, "picture": RAW["picture"].clone()}
    other["picture"][1] = 77
    first, second = model(model.prepare(RAW)), model(model.prepare(other))
    torch.testing.assert_close(first.loss, second.loss)
    torch.testing.assert_close(first.reconstruction["picture"], second.reconstruction["picture"])


def test_present_fields_determine_the_code() -> None:
    model = _model().eval()
    x = model.prepare(RAW)
    both = model.encode(x).latent
    alone = model.encode({"row": x["row"][1:2]}).latent
    torch.testing.assert_close(both[1:2], alone)
    torch.testing.assert_close(both[2:3], model.encode({"picture": x["picture"][2:3]}).latent)


def test_missing_fields_add_no_loss() -> None:
    model = _model().eval()
    x = model.prepare(RAW)
    output = model(x)
    likelihood, rows = model.likelihoods["row"], model.modalities["row"]
    only_row = rows.nll(likelihood, output.reconstruction["row"][1:2], x["row"][1:2])  # type: ignore[arg-type]
    torch.testing.assert_close(output.terms["reconstruction"][1:2], only_row)


def test_complete_data_give_the_same_loss_with_and_without_the_check() -> None:
    partial = _model().eval()
    whole = Autoencoder(partial.config, {name: replace(field, partial=False) for name, field in FIELDS.items()}).eval()
    whole.load_state_dict(partial.state_dict())
    assert whole.partial == []
    rows = slice(3, 4)
    raw = {name: values[rows] for name, values in RAW.items() if name in FIELDS}
    torch.testing.assert_close(whole(whole.prepare(raw)).loss, partial(partial.prepare(raw)).loss)


def test_dropped_fields_are_hidden_in_training_only_and_still_learned() -> None:
    model = _model(corruption="dropped_fields")
    x = model.prepare(RAW)
    both = {name: values[[0, 3]].repeat(50, *[1] * (values.dim() - 1)) for name, values in x.items()}
    codes = model.train()(both).code.latent[::2].detach()
    assert len(torch.unique(codes.round(decimals=4), dim=0)) == 3  # both, the picture alone, the row alone
    assert model(both).loss.isfinite().all()
    assert len(torch.unique(model.eval()(both).code.latent[::2].detach().round(decimals=4), dim=0)) == 1
