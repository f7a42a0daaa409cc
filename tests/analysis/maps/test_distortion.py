"""Where maps of known folds and tears lie is found, and adds up to trustworthiness and continuity."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.analysis import inputs
from aeexplorer.analysis.inputs import input_points
from aeexplorer.analysis.maps import distortion as module
from aeexplorer.analysis.maps.distortion import compared, distortion, distortion_job, kept_distortion
from aeexplorer.analysis.maps.projection import Projection, compute
from aeexplorer.analysis.neighbours import continuity, penalties, trustworthiness
from aeexplorer.analysis.samples.colouring import colouring, colourings, job_awaited_by
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.background.kinds import is_ready, make, parse_job
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.views.maps import latent_map


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the codebook's run, with its own folder."""
    run = trained.runs["vq"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id, ignore=shutil.ignore_patterns("projections"))
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


def test_a_fold_makes_false_neighbours_where_its_halves_lie_on_one_another() -> None:
    rng = np.random.default_rng(0)
    sheet = rng.uniform(-1, 1, (900, 2)).astype(np.float32)
    folded = np.abs(sheet) * [1, 0] + sheet * [0, 1]
    apart = np.abs(sheet[:, 0]) > 0.5
    false, missing = penalties(sheet, folded)
    assert false[apart].mean() > 3 * false[~apart].mean()
    assert false[apart].mean() > 0.1
    assert missing[apart].mean() < false[apart].mean() / 5


def test_a_torn_circle_misses_neighbours_at_both_ends_of_the_tear() -> None:
    angle = np.sort(np.random.default_rng(0).uniform(0, 2 * np.pi, 700))
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    line = np.stack([angle, np.zeros(700)], 1)
    false, missing = penalties(circle, line)
    assert set(np.flatnonzero(missing > 0.1).tolist()) <= {*range(10), *range(690, 700)}
    assert missing[[0, -1]].min() > 0.3
    assert missing[50:-50].max() < 0.01
    assert false.max() < 0.01


@pytest.mark.parametrize("n", [4, 15, 60, 800])
def test_their_means_are_trustworthiness_and_continuity(n: int) -> None:
    rng = np.random.default_rng(n)
    high = rng.normal(size=(n, 6))
    for low in (high[:, :2], rng.normal(size=(n, 2))):
        false, missing = penalties(high, low)
        assert 1 - false.mean() == pytest.approx(trustworthiness(high, low), abs=1e-4)
        assert 1 - missing.mean() == pytest.approx(continuity(high, low), abs=1e-4)


@given(n=st.integers(1, 40), k=st.integers(1, 30))
def test_equal_points_and_few_samples_have_penalties_too(n: int, k: int) -> None:
    high = np.random.default_rng(n).integers(0, 2, (n, 2)).astype(np.float32)
    for values in penalties(high, np.zeros((n, 2), np.float32), k):
        assert values.shape == (n,)
        assert (values >= 0).all()
        assert (values <= 1).all()


def test_a_map_is_judged_by_the_latents_and_by_the_inputs(own: Run) -> None:
    made = compute(own, "pca")
    by_latents, by_inputs = distortion(own, made), distortion(own, made, "inputs")
    assert np.array_equal(by_latents.false, penalties(own.latents(made.ids), made.xy)[0])
    pixels = own.dataset.main_field.array[made.ids].reshape(len(made.ids), -1) / np.float32(255)
    assert by_inputs.missing == pytest.approx(penalties(pixels, made.xy)[1], abs=1e-6)
    assert by_latents.looked_at == by_inputs.looked_at == 400
    kept = kept_distortion(own, made, "inputs")
    assert kept is not None
    assert np.array_equal(kept.false, by_inputs.false)


def test_another_map_has_a_distortion_of_its_own(own: Run) -> None:
    made = compute(own, "pca")
    distortion(own, made)
    moved = replace(made, xy=made.xy[::-1].copy())
    assert kept_distortion(own, moved, "latents") is None
    assert distortion(own, moved).false.mean() > 0.3


def test_of_many_samples_a_part_is_compared_and_the_others_are_as_the_nearest_of_them(
    own: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = compute(own, "pca")
    monkeypatch.setattr(module, "MOST", 100)
    found = distortion(own, made)
    assert found.looked_at == 100
    rows = np.searchsorted(made.ids, sample_ids(own.dataset, 100, made.ids))
    false, _ = penalties(own.latents(made.ids[rows]), made.xy[rows])
    assert found.false[rows] == pytest.approx(false)
    nearest = np.linalg.norm(made.xy[:, None] - made.xy[rows], axis=2).argmin(1)
    assert (found.false == false[nearest]).mean() > 0.98
    note = colouring(own, "false neighbours", made.ids, made).note
    assert note.startswith("false neighbours computed over 100 samples")
    assert latent_map.build(own, made=made, colour="false neighbours").caption.endswith(note)


def test_the_projection_process_is_asked_for_what_takes_long(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = compute(own, "pca")
    assert distortion_job(own, made, "latents") == ""
    assert job_awaited_by(own, "false neighbours by inputs", made) == "distortion pca-2-inputs"
    assert job_awaited_by(own, "label", made) == ""
    what = parse_job("distortion pca-2-inputs")
    assert not is_ready(own, what, 0)
    make(own, what, 0)
    assert is_ready(own, what, 0)
    assert job_awaited_by(own, "false neighbours by inputs", made) == ""
    monkeypatch.setattr(module, "QUICK", 10)
    assert distortion_job(own, made, "latents") == "distortion pca-2-latents"
    for wrong in ("pca", "pca-4-latents", "pca-2-pixels", "nothing-2-latents"):
        with pytest.raises(UserError):
            compared(wrong)


def test_maps_are_coloured_by_it(own: Run) -> None:
    assert "false neighbours" not in colourings(own)
    assert [name for name in colourings(own, "latents") if "neighbours" in name] == [
        "false neighbours by inputs",
        "missing neighbours by inputs",
    ]
    made = compute(own, "pca")
    ids = np.array([321, 4], np.int32)
    colours = colouring(own, "missing neighbours", ids, made)
    assert colours.categories is None
    assert colours.values.tolist() == distortion(own, made).missing[ids].tolist()
    without = Projection("pca", 2, made.ids[:300], made.xy[:300], made.plane, 400, None, 0, 0.0)
    assert np.isnan(colouring(own, "missing neighbours", ids, without).values).tolist() == [True, False]
    with pytest.raises(UserError, match="to colour by"):
        colouring(own, "missing neighbours", ids)


def test_long_inputs_keep_their_distances_when_they_are_folded(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = own.dataset.ids()[:100]
    whole = input_points(own, ids)
    assert whole.shape == (100, 64)
    monkeypatch.setattr(inputs, "LONGEST", 48)
    folded = input_points(own, ids)
    assert folded.shape == (100, 48)
    assert np.array_equal(folded, input_points(own, ids))
    ratio = np.square(folded[:50] - folded[50:]).sum(1) / np.square(whole[:50] - whole[50:]).sum(1)
    assert ratio.mean() == pytest.approx(1, abs=0.15)
    assert ratio.std() < 0.5
