"""User samples are encoded, compared with the errors of the dataset, and given neighbours."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import compute_projection, place_latents
from aeexplorer.analysis.samples.user_samples import (
    UserSample,
    encode_user_sample,
    find_neighbours,
    user_code_grid,
    user_sample_from_dataset,
)
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import uploads_at
from aeexplorer.exchange.load import load_model
from aeexplorer.exchange.onnx import export_onnx
from aeexplorer.training.run import Run


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_sample_of_the_dataset_keeps_latent_error_and_position_as_user_sample(trained: Any, name: str) -> None:
    run: Run = trained.runs[name]
    sample = 37
    encoded = encode_user_sample(run, user_sample_from_dataset(run, sample))
    assert np.allclose(encoded.latent, run.latents(np.array([sample]))[0], atol=1e-5)
    assert encoded.error == pytest.approx(run.errors[sample], rel=1e-4)
    assert encoded.error_quantile == pytest.approx((run.errors < run.errors[sample]).mean(), abs=0.01)
    projection = compute_projection(run, "pca")
    own = projection.xy[np.searchsorted(projection.ids, sample)]
    assert np.allclose(place_latents(projection, run, encoded.latent[None])[0], own, atol=1e-3)
    assert (encoded.codes is None) == (run.codes is None)
    if run.codes is not None and encoded.codes is not None:
        assert np.array_equal(encoded.codes, run.codes[sample])
        assert user_code_grid(run, encoded.codes).size == run.model.bottleneck.tokens


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_neighbours_are_nearest_of_all_samples(trained: Any, name: str) -> None:
    run: Run = trained.runs[name]
    latents = run.latents(run.dataset.ids())
    distances = np.linalg.norm(latents - latents[5], axis=1)
    neighbours = find_neighbours(run, latents[5], 6)
    assert neighbours.distances[0] == pytest.approx(0, abs=1e-4)
    assert np.allclose(neighbours.distances, np.sort(distances)[:6], atol=1e-4)
    assert np.allclose(distances[neighbours.ids], neighbours.distances, atol=1e-4)
    assert 5 not in find_neighbours(run, latents[5], 6, without=5).ids


def test_nearest_labelled_samples_vote_on_the_label(trained: Any) -> None:
    run: Run = trained.runs["vae"]
    sample = int(np.flatnonzero(run.dataset.labels == 0)[0])
    neighbours = find_neighbours(run, run.latents(np.array([sample]))[0], 4, without=sample)
    latents = run.latents(run.dataset.ids())
    order = np.argsort(np.linalg.norm(latents - latents[sample], axis=1), kind="stable")
    voters = [i for i in order if i != sample and run.dataset.labels[i] >= 0][:15]
    counts = np.bincount(run.dataset.labels[voters])
    assert neighbours.voters == 15
    assert neighbours.share == pytest.approx(counts.max() / 15)
    assert run.dataset.label_names.index(neighbours.label) in np.flatnonzero(counts == counts.max())
    table = find_neighbours(trained.runs["ae"], np.zeros(2, np.float32), 4)
    assert (table.label, table.voters) == ("", 0)


def test_noise_has_a_higher_error_than_the_dataset(trained: Any) -> None:
    run: Run = trained.runs["vae"]
    noise = np.random.default_rng(0).integers(0, 2, run.dataset.main_field.shape).astype(np.uint8) * 255
    encoded = encode_user_sample(run, UserSample({"image": noise}))
    assert encoded.error_quantile is not None
    assert encoded.error_quantile > 0.99
    assert encoded.outputs["image"].shape == (1, *noise.shape)
    assert encoded.error == pytest.approx(np.square(encoded.differences["image"]).mean(), rel=1e-4)


def test_digest_depends_on_content_and_unknown_samples_are_refused(trained: Any) -> None:
    run: Run = trained.runs["ae"]
    row = run.dataset.main_field.array[3]
    assert UserSample({"table": np.array(row)}).digest == UserSample({"table": np.array(row)}).digest
    assert UserSample({"table": np.array(row)}).digest != user_sample_from_dataset(run, 3).digest
    with pytest.raises(UserError, match="no sample 120"):
        user_sample_from_dataset(run, 120)


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_imported_onnx_model_encodes_user_samples_like_its_run(trained: Any, tmp_path: Path, name: str) -> None:
    pytest.importorskip("onnxruntime")
    run: Run = trained.runs[name]
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    workspace = Workspace.open(tmp_path / "copy")
    loaded = load_model(workspace, uploads_at(export_onnx(run, tmp_path / "pair.onnx.zip")), run.dataset)
    user_sample = UserSample({"image": np.ascontiguousarray(run.dataset.main_field.array[7][:, ::-1])})
    original, imported = encode_user_sample(run, user_sample), encode_user_sample(loaded, user_sample)
    assert np.allclose(imported.latent, original.latent, atol=1e-4)
    assert imported.error == pytest.approx(original.error, rel=1e-3)
    assert imported.error_quantile == pytest.approx(original.error_quantile, abs=0.01)
    ids = find_neighbours(run, original.latent, 5).ids
    assert set(find_neighbours(loaded, imported.latent, 5).ids[:1]) <= set(ids)
