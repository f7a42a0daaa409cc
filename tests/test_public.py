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


def test_from_an_array_to_a_trained_run(workspace: Workspace, tmp_path: Path) -> None:
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


def test_a_table_of_every_sample_matches_its_ids(trained: Any) -> None:
    run = trained.runs["vae"]
    table = aeexplorer.embed(run, "pca")
    assert table["id"].to_pylist() == list(range(run.dataset.n))
    assert table["label"].to_pylist() == run.dataset.table["label"].to_pylist()
    assert np.array_equal(np.stack([table["z0"], table["z1"]], 1), run.latents(run.dataset.ids()))
    shown = cached_projection(run, "pca", limit=run.dataset.n)
    assert shown is not None
    assert np.array_equal(np.stack([table["x"], table["y"]], 1)[shown.ids], shown.xy)


def test_runs_by_id_beginning_and_name(workspace: Workspace, make_blobs: Callable[..., Any]) -> None:
    blobs = make_blobs(workspace)
    settings = [QUICK | {"seed": seed} for seed in (1, 2)]
    one, two = (new_run(workspace, blobs, "dense-ae", chosen, "the run") for chosen in settings)
    assert aeexplorer.open_run(one.id, workspace).id == one.id
    assert aeexplorer.open_run(two.id[:-1], workspace).id == two.id
    with pytest.raises(UserError, match="several runs fit 'the run'"):
        aeexplorer.open_run("the run", workspace)
    with pytest.raises(UserError, match="there is no run 'run-'"):
        aeexplorer.open_run("run-", workspace)


def test_without_a_preset_the_proposed_one_is_taken(workspace: Workspace, make_blobs: Callable[..., Any]) -> None:
    assert new_run(workspace, make_blobs(workspace), "").record["preset"] == "conv-ae"
