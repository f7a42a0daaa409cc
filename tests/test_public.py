"""The Python API, from a dataset to a table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aeexplorer
from aeexplorer import UserError, Workspace
from aeexplorer.analysis.maps.projection import cached_projection
from aeexplorer.public import new_run

QUICK = {"model.network": "dense", "model.hidden": 16, "model.latent_dim": 3, "training.epochs": 1}


def test_an_array_becomes_a_trained_run(workspace: Workspace, tmp_path: Path) -> None:
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).integers(0, 255, (60, 8, 8), dtype=np.uint8))
    dataset = aeexplorer.add_dataset(tmp_path / "noise.npy", workspace=workspace)
    assert (dataset.name, dataset.n) == ("noise", 60)
    assert aeexplorer.load_dataset("noise", workspace).id == dataset.id
    run = aeexplorer.train("noise", "dense-ae", QUICK, "cpu", workspace=workspace)
    assert run.finished
    assert run.name == "noise · Dense AE"
    assert aeexplorer.train(dataset, "dense-ae", QUICK, "cpu", workspace=workspace).id == run.id
    table = aeexplorer.embed(run, "pca", 3)
    assert table.column_names == ["id", "label", "x", "y", "z", "z0", "z1", "z2"]
    assert table["label"].to_pylist() == [None] * 60


def test_the_embedding_table_matches_the_samples(trained: Any) -> None:
    run = trained.runs["vae"]
    table = aeexplorer.embed(run, "pca")
    assert table["id"].to_pylist() == list(range(run.dataset.n))
    assert table["label"].to_pylist() == run.dataset.table["label"].to_pylist()
    assert np.array_equal(np.stack([table["z0"], table["z1"]], 1), run.latents(run.dataset.ids()))
    projection = cached_projection(run, "pca", limit=run.dataset.n)
    assert projection is not None
    assert np.array_equal(np.stack([table["x"], table["y"]], 1)[projection.ids], projection.xy)


def test_runs_are_found_by_id_prefix_and_name(workspace: Workspace, make_blobs: Callable[..., Any]) -> None:
    blobs = make_blobs(workspace)
    settings = [QUICK | {"seed": seed} for seed in (1, 2)]
    first, second = (new_run(workspace, blobs, "dense-ae", changes, "the run") for changes in settings)
    assert aeexplorer.open_run(first.id, workspace).id == first.id
    assert aeexplorer.open_run(second.id[:-1], workspace).id == second.id
    with pytest.raises(UserError, match="several runs match 'the run'"):
        aeexplorer.open_run("the run", workspace)
    with pytest.raises(UserError, match="there is no run 'run-'"):
        aeexplorer.open_run("run-", workspace)


def test_the_recommended_preset_is_the_default(workspace: Workspace, make_blobs: Callable[..., Any]) -> None:
    assert new_run(workspace, make_blobs(workspace), "").record["preset"] == "conv-ae"
