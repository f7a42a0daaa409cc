"""Figures over a split: exact errors, drawn terms, corrupted inputs."""

from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig
from aeexplorer.training import evaluation
from aeexplorer.training.evaluation import MAX_BATCH_SAMPLES, corrupted_mse, evaluate, forward_batches

FIELD = Field("image", "image", (1, 4, 4), "uint8", {}, Path())


def model_of(**settings: object) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(ModelConfig.model_validate({"network": "dense", "hidden": 16, **settings}), {"image": FIELD})


@pytest.fixture(scope="module")
def data() -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(0)
    return {"image": torch.from_numpy(rng.integers(0, 256, (MAX_BATCH_SAMPLES + 40, 1, 4, 4), np.uint8))}


def test_errors_and_terms_are_means_over_all_batches_in_the_order_of_the_ids(data: dict[str, torch.Tensor]) -> None:
    model, ids = model_of().eval(), np.arange(MAX_BATCH_SAMPLES + 40)[::-1]
    found = evaluate(model, data, ids)
    x = data["image"][torch.from_numpy(ids.copy())].float() / 255
    with torch.inference_mode():
        output = model({"image": x})
    expected = (output.reconstruction["image"] - x).square().mean((1, 2, 3)).numpy()
    np.testing.assert_allclose(found.errors, expected, rtol=1e-4)
    assert found.mse == pytest.approx(expected.mean(), rel=1e-4)
    assert found.loss == pytest.approx(float(output.loss.mean()), rel=1e-4)
    assert found.terms["reconstruction"] == pytest.approx(found.loss)


def test_the_terms_of_a_vae_are_of_draws_and_its_errors_of_the_means(data: dict[str, torch.Tensor]) -> None:
    model, ids = model_of(bottleneck={"kind": "gaussian", "latent_dim": 2}).eval(), np.arange(300)
    with torch.no_grad():
        model.bottleneck.from_latent.weight.mul_(20)  # so that a draw reconstructs worse than the mean
    found, again = evaluate(model, data, ids), evaluate(model, data, ids)
    with torch.inference_mode():
        of_means = model({"image": data["image"][:300].float() / 255})
    assert found.mse == pytest.approx(
        float((of_means.reconstruction["image"] - data["image"][:300] / 255).square().mean()), rel=1e-4
    )
    assert found.terms["reconstruction"] > 1.05 * float(of_means.terms["reconstruction"].mean())
    assert found.terms == again.terms
    assert not model.training
    assert not model.bottleneck.training


def test_corrupted_inputs_are_measured_against_the_clean_ones(data: dict[str, torch.Tensor]) -> None:
    model, ids = model_of(corruption={"kind": "gaussian_noise", "noise": 0.5}).eval(), np.arange(200)
    clean = evaluate(model, data, ids).mse
    assert corrupted_mse(model, data, ids) == corrupted_mse(model, data, ids) != clean
    (x, output), *_ = forward_batches(model, data, ids, corrupt=True)
    torch.testing.assert_close(x["image"], data["image"][:200].float() / 255)
    with torch.inference_mode():
        assert not torch.equal(output.code.latent, model.encode(x).latent)


def test_evaluating_leaves_the_random_numbers_of_the_training_alone(data: dict[str, torch.Tensor]) -> None:
    model = model_of(bottleneck={"kind": "gaussian"})
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    evaluate(model, data, np.arange(50))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("kind", ["deterministic", "vector_quantized"])
def test_the_size_of_a_batch_changes_nothing(data: dict[str, torch.Tensor], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, ids = model_of(bottleneck={"kind": kind}).eval(), np.arange(5, 115)
    whole = evaluate(model, data, ids)
    monkeypatch.setattr(evaluation, "MAX_BATCH_SAMPLES", 7)
    pieces = evaluate(model, data, ids)
    assert pieces.terms == pytest.approx(whole.terms, rel=1e-5)
    np.testing.assert_allclose(pieces.errors, whole.errors, rtol=1e-4)
    torch.testing.assert_close(pieces.code.latent, whole.code.latent, rtol=1e-4, atol=1e-5)
