"""Passing samples through a model: what is measured does not depend on how it is batched."""

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Dataset
from aeexplorer.training import evaluation
from aeexplorer.training.config import RunConfig
from aeexplorer.training.evaluation import evaluate
from aeexplorer.training.trainer import Trainer, prepare

KINDS = ["deterministic", "gaussian", "vector_quantized"]


def trainer(dataset: Dataset, kind: str) -> Trainer:
    changes = {"model.network": "dense", "model.hidden": 16, "model.bottleneck.kind": kind}
    return prepare(RunConfig(dataset=dataset.id).replace(changes), dataset, torch.device("cpu"))


@pytest.mark.parametrize("kind", KINDS)
def test_batches_change_nothing(dataset: Dataset, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, ids = trainer(dataset, kind), dataset.ids()[5:115]
    whole = evaluate(subject.model, subject.data, ids)
    monkeypatch.setattr(evaluation, "BATCH", 7)
    pieces = evaluate(subject.model, subject.data, ids)
    assert pieces.loss == pytest.approx(whole.loss, rel=1e-5)
    assert pieces.mse == pytest.approx(whole.mse, rel=1e-5)
    assert pieces.terms == pytest.approx(whole.terms, rel=1e-5)
    np.testing.assert_allclose(pieces.errors, whole.errors, rtol=1e-4)
    torch.testing.assert_close(pieces.code.latent, whole.code.latent, rtol=1e-4, atol=1e-5)


def test_figures_are_those_of_the_samples_asked_for(dataset: Dataset) -> None:
    subject = trainer(dataset, "deterministic")
    ids = np.array([200, 3, 77], np.int32)
    found = evaluate(subject.model, subject.data, ids)
    x = subject.model.prepare({"image": subject.data["image"][torch.from_numpy(ids).long()]})
    with torch.no_grad():
        output = subject.model(x)
    expected = (output.reconstruction["image"] - x["image"]).square().mean((1, 2, 3))
    np.testing.assert_allclose(found.errors, expected.numpy(), rtol=1e-5)
    assert found.mse == pytest.approx(float(expected.mean()), rel=1e-5)
    assert found.loss == pytest.approx(float(output.loss.mean()), rel=1e-5)
    torch.testing.assert_close(found.code.latent, output.code.latent)


def test_an_evaluation_draws_no_random_number(dataset: Dataset) -> None:
    subject = trainer(dataset, "gaussian")
    before = torch.get_rng_state()
    evaluate(subject.model, subject.data, dataset.ids("test"))
    assert torch.equal(torch.get_rng_state(), before)
