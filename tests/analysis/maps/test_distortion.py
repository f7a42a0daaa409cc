"""Distortion of maps with known folds and tears, against trustworthiness and continuity."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.analysis import inputs
from aeexplorer.analysis.inputs import input_points
from aeexplorer.analysis.maps import distortion as distortion_module
from aeexplorer.analysis.maps.distortion import cached_distortion, compute_distortion, distortion_job, parse_map_and_space
from aeexplorer.analysis.maps.projection import Projection, compute_projection
from aeexplorer.analysis.neighbours import continuity, rank_penalties, trustworthiness
from aeexplorer.analysis.samples.colouring import colouring, offered_colourings, required_job
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.background.kinds import is_done, parse_job, run_job
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.views.maps.latent_map import run_latent_map


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the VQ-VAE run, with its own folder."""
    run = trained.runs["vq"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id, ignore=shutil.ignore_patterns("projections"))
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


def test_a_fold_causes_false_neighbours_where_its_halves_overlap() -> None:
    rng = np.random.default_rng(0)
    sheet = rng.uniform(-1, 1, (900, 2)).astype(np.float32)
    folded = np.abs(sheet) * [1, 0] + sheet * [0, 1]
    is_apart = np.abs(sheet[:, 0]) > 0.5
    false, missing = rank_penalties(sheet, folded)
    assert false[is_apart].mean() > 3 * false[~is_apart].mean()
    assert false[is_apart].mean() > 0.1
    assert missing[is_apart].mean() < false[is_apart].mean() / 5


def test_a_torn_circle_misses_neighbours_at_both_ends() -> None:
    angle = np.sort(np.random.default_rng(0).uniform(0, 2 * np.pi, 700))
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    line = np.stack([angle, np.zeros(700)], 1)
    false, missing = rank_penalties(circle, line)
    assert set(np.flatnonzero(missing > 0.1).tolist()) <= {*range(10), *range(690, 700)}
    assert missing[[0, -1]].min() > 0.3
    assert missing[50:-50].max() < 0.01
    assert false.max() < 0.01


@pytest.mark.parametrize("n", [4, 15, 60, 800])
def test_mean_penalties_are_trustworthiness_and_continuity(n: int) -> None:
    rng = np.random.default_rng(n)
    high = rng.normal(size=(n, 6))
    for low in (high[:, :2], rng.normal(size=(n, 2))):
        false, missing = rank_penalties(high, low)
        assert 1 - false.mean() == pytest.approx(trustworthiness(high, low), abs=1e-4)
        assert 1 - missing.mean() == pytest.approx(continuity(high, low), abs=1e-4)


@given(n=st.integers(1, 40), k=st.integers(1, 30))
def test_penalties_of_equal_points_and_of_few_samples(n: int, k: int) -> None:
    high = np.random.default_rng(n).integers(0, 2, (n, 2)).astype(np.float32)
    for values in rank_penalties(high, np.zeros((n, 2), np.float32), k):
        assert values.shape == (n,)
        assert (values >= 0).all()
        assert (values <= 1).all()


def test_a_map_is_compared_with_the_latents_and_with_the_inputs(own: Run) -> None:
    projection = compute_projection(own, "pca")
    by_latents, by_inputs = compute_distortion(own, projection), compute_distortion(own, projection, "inputs")
    assert np.array_equal(by_latents.false, rank_penalties(own.latents(projection.ids), projection.xy)[0])
    pixels = own.dataset.main_field.array[projection.ids].reshape(len(projection.ids), -1) / np.float32(255)
    assert by_inputs.missing == pytest.approx(rank_penalties(pixels, projection.xy)[1], abs=1e-6)
    assert by_latents.n_compared == by_inputs.n_compared == 400
    cached = cached_distortion(own, projection, "inputs")
    assert cached is not None
    assert np.array_equal(cached.false, by_inputs.false)


def test_another_map_has_another_distortion(own: Run) -> None:
    projection = compute_projection(own, "pca")
    compute_distortion(own, projection)
    reversed_map = replace(projection, xy=projection.xy[::-1].copy())
    assert cached_distortion(own, reversed_map, "latents") is None
    assert compute_distortion(own, reversed_map).false.mean() > 0.3


def test_large_maps_are_subsampled_and_other_samples_take_the_nearest_value(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    projection = compute_projection(own, "pca")
    monkeypatch.setattr(distortion_module, "MAX_SAMPLES", 100)
    distortion = compute_distortion(own, projection)
    assert distortion.n_compared == 100
    rows = np.searchsorted(projection.ids, sample_ids(own.dataset, 100, projection.ids))
    false, _ = rank_penalties(own.latents(projection.ids[rows]), projection.xy[rows])
    assert distortion.false[rows] == pytest.approx(false)
    nearest = np.linalg.norm(projection.xy[:, None] - projection.xy[rows], axis=2).argmin(1)
    assert (distortion.false == false[nearest]).mean() > 0.98
    note = colouring(own, "false neighbours", projection.ids, projection).note
    assert note.startswith("false neighbours computed over 100 samples")
    assert run_latent_map(own, projection=projection, colour="false neighbours").caption.endswith(note)


def test_slow_distortions_are_left_to_a_background_job(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    projection = compute_projection(own, "pca")
    assert distortion_job(own, projection, "latents") == ""
    assert required_job(own, "false neighbours by inputs", projection) == "distortion pca-2-inputs"
    assert required_job(own, "label", projection) == ""
    job = parse_job("distortion pca-2-inputs")
    assert not is_done(own, job, 0)
    run_job(own, job, 0)
    assert is_done(own, job, 0)
    assert required_job(own, "false neighbours by inputs", projection) == ""
    monkeypatch.setattr(distortion_module, "MAX_QUICK_SAMPLES", 10)
    assert distortion_job(own, projection, "latents") == "distortion pca-2-latents"
    for wrong in ("pca", "pca-4-latents", "pca-2-pixels", "nothing-2-latents"):
        with pytest.raises(UserError):
            parse_map_and_space(wrong)


def test_maps_are_coloured_by_distortion(own: Run) -> None:
    assert "false neighbours" not in offered_colourings(own)
    assert [name for name in offered_colourings(own, "latents") if "neighbours" in name] == [
        "false neighbours by inputs",
        "missing neighbours by inputs",
    ]
    projection = compute_projection(own, "pca")
    ids = np.array([321, 4], np.int32)
    colours = colouring(own, "missing neighbours", ids, projection)
    assert colours.categories is None
    assert colours.values.tolist() == compute_distortion(own, projection).missing[ids].tolist()
    partial = Projection("pca", 2, projection.ids[:300], projection.xy[:300], projection.plane, 400, None, 0, 0.0)
    assert np.isnan(colouring(own, "missing neighbours", ids, partial).values).tolist() == [True, False]
    with pytest.raises(UserError, match="to colour by"):
        colouring(own, "missing neighbours", ids)


def test_folding_large_inputs_preserves_distances(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = own.dataset.ids()[:100]
    unfolded = input_points(own, ids)
    assert unfolded.shape == (100, 64)
    monkeypatch.setattr(inputs, "MAX_FEATURES", 48)
    folded = input_points(own, ids)
    assert folded.shape == (100, 48)
    assert np.array_equal(folded, input_points(own, ids))
    ratio = np.square(folded[:50] - folded[50:]).sum(1) / np.square(unfolded[:50] - unfolded[50:]).sum(1)
    assert ratio.mean() == pytest.approx(1, abs=0.15)
    assert ratio.std() < 0.5
