"""Film of a training: rotations are removed, and every frame shows its snapshot."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from aeexplorer.analysis.runs.snapshots import (
    FILM_METHOD,
    align_points,
    film_positions,
    is_film_quick,
    newest_film_frame,
    training_film,
)
from aeexplorer.background.kinds import is_done, parse_job, run_job
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@pytest.fixture
def copied(trained, tmp_path: Path) -> Run:
    """Copy of the run with a codebook, in a copy of its workspace."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    return Run(tmp_path / "copy" / "runs" / trained.runs["vq"].id)


def rotated(points: np.ndarray, seed: int) -> np.ndarray:
    """Rotate (and mirror) points by a random rotation, and shift them."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(points.shape[1], points.shape[1])))[0]
    return (points @ rotation + rng.normal(size=points.shape[1])).astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, 5, 40])
def test_random_rotations_are_removed(size: int) -> None:
    rng = np.random.default_rng(0)
    last = (rng.normal(size=(80, min(size, 12))) @ rng.normal(size=(min(size, 12), size))).astype(np.float32)
    positions = film_positions([rotated(last, seed) for seed in range(4)] + [last])
    assert positions.shape == (5, 80, 2)
    assert np.abs(positions - positions[-1]).max() < 1e-3 * np.abs(positions).max()


def test_two_latents_end_at_their_own_positions_and_keep_their_scale() -> None:
    last = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    small, end = film_positions([rotated(last * 0.1, 3), last])
    assert np.array_equal(end, last)
    assert small.var(0).sum() == pytest.approx(0.01 * last.var(0).sum(), rel=0.01)
    assert align_points(rotated(last, 1), last) == pytest.approx(last, abs=1e-5)


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_every_frame_shows_its_snapshot(trained, name: str) -> None:
    run = trained.runs[name]
    film = training_film(run)
    paths = run.snapshots()
    assert film.steps.tolist() == [int(path.stem) for path in paths]
    assert film.positions.shape == (len(paths), len(film.ids), 2)
    middle = len(paths) // 2
    snapshot = run.snapshot(paths[middle])
    for field, outputs in film.outputs.items():
        assert np.array_equal(outputs[middle], snapshot[f"field.{field}"], equal_nan=True)
    events = [event for event in run.history() if event["step"] <= film.steps[middle]]
    assert film.losses["loss"][middle] == events[-1]["losses"]["loss"]
    assert film.epochs[middle] == events[-1]["epoch"]
    assert np.isnan(film.losses["loss"][0])
    assert film.shows_latents == (name != "vq")
    if name == "vq":
        assert film.usage is not None
        assert film.usage[middle].tolist() == [int((snapshot["codes"] == code).sum()) for code in range(48)]
    else:
        assert film.usage is None


def test_snapshot_of_other_samples_is_left_out(copied: Run) -> None:
    first, *others = copied.snapshots()
    arrays = load_file(first)
    arrays["ids"] = arrays["ids"][::-1].copy()
    save_file(arrays, first)
    assert training_film(copied).steps.tolist() == [int(path.stem) for path in others]


def test_newest_frame_and_a_run_without_snapshots(copied: Run) -> None:
    newest = newest_film_frame(copied)
    assert newest.steps.tolist() == [int(copied.snapshots()[-1].stem)]
    assert newest.positions.shape[0] == 1
    for path in copied.snapshots():
        path.unlink()
    with pytest.raises(UserError, match="no snapshots"):
        training_film(copied)


def test_long_film_is_computed_by_the_projection_process_and_cached(copied: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aeexplorer.analysis.runs.snapshots.MAX_QUICK_VALUES", 10)
    assert not is_film_quick(copied)
    assert not is_done(copied, f"film {FILM_METHOD}", 0)
    before = training_film(copied).positions
    run_job(copied, parse_job(f"film {FILM_METHOD}"), 0)
    assert is_done(copied, f"film {FILM_METHOD}", 0)
    assert is_film_quick(copied)
    assert np.allclose(training_film(copied).positions, before)
    with pytest.raises(UserError, match="do not use the projection 'umap'"):
        parse_job("film umap")
