"""Scores of columns and texts, against scikit-learn."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn.metrics import accuracy_score, r2_score

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Field, NewField, create_dataset
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.modalities.text import Text
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig
from aeexplorer.training.scoring.pca import fit_pca
from aeexplorer.training.scoring.scores import Score, score_parts


def test_numbers_have_r2_and_categories_accuracy_beside_pca_and_the_training_mean(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    n = 200
    size = rng.normal(50, 10, n)
    kind = (size + rng.normal(0, 4, n) > 55).astype(np.float32)
    table = np.stack([size, kind, 3 * size + rng.normal(0, 20, n), np.full(n, 7.0)], 1).astype(np.float32)
    table[::17, 0] = np.nan
    split = np.where(np.arange(n) % 4 == 0, 2, 0).astype(np.int8)
    columns = with_statistics(table, [column("size"), column("kind", ("a", "b")), column("weight"), column("same")], split == 0)
    dataset = create_dataset(
        workspace, "t", {"table": NewField("tabular", table, {"columns": columns})}, pa.table({"label": ["x"] * n}), split
    )
    model = Autoencoder(ModelConfig.model_validate({"network": "dense"}), dataset.fields)
    pca = fit_pca(model, dataset, 1)
    x = model.prepare({"table": torch.from_numpy(table[split == 2])})
    answer = {"table": x["table"].nan_to_num(0.4) * 0.9 + 0.03}
    scores = {score.part: score for score in score_parts(model.modalities, pca, [(x, answer)])}
    assert list(scores) == ["size", "kind", "weight"]  # a constant column has nothing to explain
    assert [scores[name].kind for name in scores] == ["r2", "accuracy", "r2"]
    # numbers: R² around the training mean, of the known values
    known = ~np.isnan(table[split == 2, 0])
    truth, guess = x["table"][:, 0].numpy()[known], answer["table"][:, 0].numpy()[known]
    mean = float(pca.mean[0])
    assert scores["size"].value == pytest.approx(1 - ((truth - guess) ** 2).sum() / ((truth - mean) ** 2).sum(), rel=1e-4)
    assert scores["size"].value == pytest.approx(r2_score(truth, guess), abs=0.03)
    assert scores["size"].n == known.sum()
    by_pca = pca.reconstruct(x)["table"][:, 1].numpy()
    assert scores["weight"].pca == pytest.approx(r2_score(x["table"][:, 1].numpy(), by_pca), abs=0.03)
    # categories: accuracy, beside that of the most frequent category in training
    labels = table[split == 2, 1].astype(int)
    assert scores["kind"].value == 1
    frequent = np.bincount(table[split == 0, 1].astype(int)).argmax()
    assert scores["kind"].baseline == pytest.approx(accuracy_score(labels, np.full(len(labels), frequent)))


def test_skill_is_the_share_of_the_avoided_error() -> None:
    score = Score("table", "kind", "accuracy", value=0.9, pca=0.8, baseline=0.6, n=10)
    assert score.skill == pytest.approx(0.75)
    assert score.pca_skill == pytest.approx(0.5)
    assert Score("table", "size", "r2", 0.4, 0.3, 0.0, 10).skill == pytest.approx(0.4)


def test_the_score_of_texts_is_the_share_of_right_tokens() -> None:
    field = Field("text", "text", (4,), "uint16", {"tokens": ["", "␄", "a", "b"], "representation": "characters"}, Path())
    modality = Text(field)
    x = modality.prepare(torch.tensor([[2, 3, 1, 0], [3, 3, 3, 1]]))
    guess = modality.prepare(torch.tensor([[2, 2, 1, 0], [3, 3, 2, 1]])).nan_to_num(0.2)
    torch.testing.assert_close(modality.error(guess, x), torch.tensor([1 / 3, 1 / 4]))
