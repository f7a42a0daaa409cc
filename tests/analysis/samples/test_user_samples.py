"""Guests: what is of the dataset lands where it lies; what is not is told apart; neighbours are the nearest ones."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import compute, place
from aeexplorer.analysis.samples.user_samples import UserSample, code_grid, encode, find_neighbours, own_sample
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import uploads_at
from aeexplorer.exchange.load import load_model
from aeexplorer.exchange.onnx import export_onnx
from aeexplorer.training.run import Run


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_a_sample_of_the_dataset_as_a_guest_has_its_own_latent_error_and_place(trained: Any, name: str) -> None:
    run: Run = trained.runs[name]
    sample = 37
    found = encode(run, own_sample(run, sample))
    assert np.allclose(found.latent, run.latents(np.array([sample]))[0], atol=1e-5)
    assert found.error == pytest.approx(run.errors[sample], rel=1e-4)
    assert found.above == pytest.approx((run.errors < run.errors[sample]).mean(), abs=0.01)
    made = compute(run, "pca")
    own = made.xy[np.searchsorted(made.ids, sample)]
    assert np.allclose(place(made, run, found.latent[None])[0], own, atol=1e-3)
    assert (found.codes is None) == (run.codes is None)
    if run.codes is not None and found.codes is not None:
        assert np.array_equal(found.codes, run.codes[sample])
        assert code_grid(run, found.codes).size == run.model.bottleneck.tokens


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_neighbours_are_the_nearest_of_all_samples(trained: Any, name: str) -> None:
    run: Run = trained.runs[name]
    latents = run.latents(run.dataset.ids())
    distances = np.linalg.norm(latents - latents[5], axis=1)
    near = find_neighbours(run, latents[5], 6)
    assert near.distances[0] == pytest.approx(0, abs=1e-4)
    assert np.allclose(near.distances, np.sort(distances)[:6], atol=1e-4)
    assert np.allclose(distances[near.ids], near.distances, atol=1e-4)
    assert 5 not in find_neighbours(run, latents[5], 6, without=5).ids


def test_labels_are_voted_by_the_nearest_labelled_samples(trained: Any) -> None:
    run: Run = trained.runs["vae"]
    sample = int(np.flatnonzero(run.dataset.labels == 0)[0])
    near = find_neighbours(run, run.latents(np.array([sample]))[0], 4, without=sample)
    latents = run.latents(run.dataset.ids())
    order = np.argsort(np.linalg.norm(latents - latents[sample], axis=1), kind="stable")
    voters = [i for i in order if i != sample and run.dataset.labels[i] >= 0][:15]
    counts = np.bincount(run.dataset.labels[voters])
    assert near.voters == 15
    assert near.share == pytest.approx(counts.max() / 15)
    assert run.dataset.label_names.index(near.label) in np.flatnonzero(counts == counts.max())
    table = find_neighbours(trained.runs["ae"], np.zeros(2, np.float32), 4)
    assert (table.label, table.voters) == ("", 0)


def test_what_the_model_has_not_seen_stands_above_the_dataset(trained: Any) -> None:
    run: Run = trained.runs["vae"]
    noise = np.random.default_rng(0).integers(0, 2, run.dataset.main_field.shape).astype(np.uint8) * 255
    found = encode(run, UserSample({"image": noise}))
    assert found.above is not None
    assert found.above > 0.99
    assert found.outputs["image"].shape == (1, *noise.shape)
    assert found.error == pytest.approx(np.square(found.differences["image"]).mean(), rel=1e-4)


def test_guests_of_the_same_content_are_the_same_and_there_is_no_sample_beyond_the_last(trained: Any) -> None:
    run: Run = trained.runs["ae"]
    row = run.dataset.main_field.array[3]
    assert UserSample({"table": np.array(row)}).digest == UserSample({"table": np.array(row)}).digest
    assert UserSample({"table": np.array(row)}).digest != own_sample(run, 3).digest
    with pytest.raises(UserError, match="no sample 120"):
        own_sample(run, 120)


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_a_model_from_elsewhere_encodes_guests_as_the_run_that_it_was(trained: Any, tmp_path: Path, name: str) -> None:
    pytest.importorskip("onnxruntime")
    run: Run = trained.runs[name]
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    workspace = Workspace.open(tmp_path / "copy")
    loaded = load_model(workspace, uploads_at(export_onnx(run, tmp_path / "pair.onnx.zip")), run.dataset)
    user_sample = UserSample({"image": np.ascontiguousarray(run.dataset.main_field.array[7][:, ::-1])})
    here, there = encode(run, user_sample), encode(loaded, user_sample)
    assert np.allclose(there.latent, here.latent, atol=1e-4)
    assert there.error == pytest.approx(here.error, rel=1e-3)
    assert there.above == pytest.approx(here.above, abs=0.01)
    ids = find_neighbours(run, here.latent, 5).ids
    assert set(find_neighbours(loaded, there.latent, 5).ids[:1]) <= set(ids)
