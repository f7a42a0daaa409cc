"""Evaluation over a split: errors, loss terms of drawn latents, corrupted inputs."""

from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig
from aeexplorer.training import evaluation
from aeexplorer.training.evaluation import MAX_BATCH_SAMPLES, corrupted_errors, evaluate, forward_batches

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
    result = evaluate(model, data, ids)
    x = data["image"][torch.from_numpy(ids.copy())].float() / 255
    with torch.inference_mode():
        output = model({"image": x})
    expected = (output.reconstruction["image"] - x).square().mean((1, 2, 3)).numpy()
    np.testing.assert_allclose(result.errors, expected, rtol=1e-4)
    assert result.mse == pytest.approx(expected.mean(), rel=1e-4)
    assert result.loss == pytest.approx(float(output.loss.mean()), rel=1e-4)
    assert result.terms["reconstruction"] == pytest.approx(result.loss)


def test_a_vae_has_loss_terms_of_drawn_latents_and_errors_of_the_means(data: dict[str, torch.Tensor]) -> None:
    model, ids = model_of(bottleneck={"kind": "gaussian", "latent_dim": 2}).eval(), np.arange(300)
    with torch.no_grad():
        model.bottleneck.from_latent.weight.mul_(20)  # so that a draw reconstructs worse than the mean
    first, second = evaluate(model, data, ids), evaluate(model, data, ids)
    with torch.inference_mode():
        of_means = model({"image": data["image"][:300].float() / 255})
    assert first.mse == pytest.approx(
        float((of_means.reconstruction["image"] - data["image"][:300] / 255).square().mean()), rel=1e-4
    )
    assert first.terms["reconstruction"] > 1.05 * float(of_means.terms["reconstruction"].mean())
    assert first.terms == second.terms
    assert not model.training
    assert not model.bottleneck.training


def test_corrupted_inputs_are_compared_with_clean_ones(data: dict[str, torch.Tensor]) -> None:
    model, ids = model_of(corruption={"kind": "gaussian_noise", "noise": 0.5}).eval(), np.arange(200)
    clean = evaluate(model, data, ids).mse
    corrupted = corrupted_errors(model, data, ids)
    assert corrupted.shape == (len(ids),)
    np.testing.assert_array_equal(corrupted, corrupted_errors(model, data, ids))
    assert corrupted.mean() != clean
    (x, output), *_ = forward_batches(model, data, ids, corrupt=True)
    torch.testing.assert_close(x["image"], data["image"][:200].float() / 255)
    with torch.inference_mode():
        assert not torch.equal(output.code.latent, model.encode(x).latent)


def test_evaluation_leaves_the_global_generator_unchanged(data: dict[str, torch.Tensor]) -> None:
    model = model_of(bottleneck={"kind": "gaussian"})
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    evaluate(model, data, np.arange(50))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("kind", ["deterministic", "vector_quantized"])
def test_the_batch_size_does_not_change_the_results(
    data: dict[str, torch.Tensor], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, ids = model_of(bottleneck={"kind": kind}).eval(), np.arange(5, 115)
    whole = evaluate(model, data, ids)
    monkeypatch.setattr(evaluation, "MAX_BATCH_SAMPLES", 7)
    pieces = evaluate(model, data, ids)
    assert pieces.terms == pytest.approx(whole.terms, rel=1e-5)
    np.testing.assert_allclose(pieces.errors, whole.errors, rtol=1e-4)
    torch.testing.assert_close(pieces.code.latent, whole.code.latent, rtol=1e-4, atol=1e-5)


def test_error_of_corrupted_inputs_is_that_of_reconstructions_from_them(data: dict[str, torch.Tensor]) -> None:
    model = model_of(corruption={"kind": "masking", "share": 0.5}).eval()
    x = {"image": data["image"][:200].float() / 255}
    with torch.inference_mode():
        torch.manual_seed(0)
        seen = model.corrupt(x)
        reconstruction = model(x, seen=seen).reconstruction["image"]
    expected = (reconstruction - x["image"]).square().mean((1, 2, 3))
    np.testing.assert_allclose(corrupted_errors(model, data, np.arange(200)), expected, rtol=1e-4)
