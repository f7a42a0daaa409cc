"""Cross-validation."""

from typing import Any

import numpy as np
import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.modalities.base import modality_of
from aeexplorer.training.config import RunConfig
from aeexplorer.training.folds import create_folds, finished_folds, spread
from aeexplorer.training.run import Run

SMALL = {"model.network": "dense", "model.hidden": 8, "training.epochs": 1, "training.batch_size": 64}


@pytest.fixture
def runs(workspace: Workspace, dataset: Dataset) -> list[Run]:
    """Three folds, not yet trained."""
    return create_folds(workspace, RunConfig(dataset=dataset.id).replace(SMALL | {"folds": 3}), "mine", "dense-ae")


def test_each_fold_is_a_run_with_its_own_validation_part(runs: list[Run], dataset: Dataset) -> None:
    assert [run.name for run in runs] == [f"mine · fold {i} of 3" for i in (1, 2, 3)]
    assert len({run.id for run in runs}) == 3
    held_out = np.concatenate([run.dataset.ids("validation") for run in runs])
    assert sorted(held_out) == sorted(np.concatenate([dataset.ids("train"), dataset.ids("validation")]))
    for run in runs:
        assert run.dataset.ids("test").tolist() == dataset.ids("test").tolist()
        assert not set(run.dataset.ids("train")) & set(run.dataset.ids("validation"))


def test_columns_are_scaled_by_the_training_samples_of_the_fold(trained: Any) -> None:
    stored = trained.runs["ae"].dataset
    low = []
    for fold in range(4):
        turned = stored.rotated(fold, 4)
        values = np.asarray(turned.main_field.array[turned.ids("train")])
        for place, about in enumerate(turned.main_field.meta["columns"][:2]):
            assert (about["low"], about["high"]) == (np.nanmin(values[:, place]), np.nanmax(values[:, place]))
        x = modality_of(turned.main_field).prepare(torch.from_numpy(values))[:, :2]
        assert (x.nan_to_num(0).amin(), x.nan_to_num(0).amax()) == (0, 1)
        low.append(turned.main_field.meta["columns"][0]["low"])
    assert len(set(low)) > 1
    assert stored.rotated(1, 4).rotated(0, 1).main_field.meta == stored.main_field.meta


def test_training_and_metrics_use_the_splits_of_the_fold(runs: list[Run]) -> None:
    for run in runs[:2]:
        train(run, "cpu")
    done = [Run(run.folder) for run in runs[:2]]
    assert [run.id for run in finished_folds(runs[2])] == [run.id for run in done]
    for run in done:
        samples = run.history()[-1]["step"] * 64
        assert samples >= len(run.dataset.ids("train")) > samples - 64
        expected = np.asarray(run.errors)[run.dataset.ids("validation")].mean()
        assert run.metrics["validation"]["mse"] == pytest.approx(expected, rel=1e-5)
    values = [run.metrics["test"]["mse"] for run in done]
    summary = spread(done)
    assert (summary.mean, summary.deviation, summary.n) == pytest.approx((np.mean(values), np.std(values, ddof=1), 2))
    assert str(summary) == f"{summary.mean:.5f} ± {summary.deviation:.5f}"
    assert "±" not in str(spread(done[:1]))
    with pytest.raises(UserError, match="no fold has a figure"):
        spread(done, figure="taste")


def test_settings_without_folds_give_one_run_on_the_stored_splits(workspace: Workspace, dataset: Dataset) -> None:
    (run,) = create_folds(workspace, RunConfig(dataset=dataset.id), "plain")
    assert run.name == "plain"
    assert run.dataset.split.tolist() == dataset.split.tolist()
    with pytest.raises(UserError, match="no fold 1 of 1"):
        create_folds(workspace, RunConfig(dataset=dataset.id, fold=1), "none")
