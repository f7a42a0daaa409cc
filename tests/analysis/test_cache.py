"""Results cached in the run folder, and in the spare folder while the disk is full."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis import cache
from aeexplorer.analysis.cache import cache_arrays, cache_tree, cached_arrays, cached_tree, results_digest
from aeexplorer.analysis.maps.projection import cached_projection, compute_projection
from aeexplorer.background.kinds import is_done, run_job
from aeexplorer.background.partial_maps import partial_map
from aeexplorer.core.disk import DiskFull
from aeexplorer.training.run import Run
from tests.disks import full_disk

TRAINED = {"run.json", "events.jsonl", "checkpoint", "snapshots", "latents.npy", "codes.npy", "errors.npy", "metrics.json"}
"""What training writes into the folder of a run. Everything else is computed later, perhaps by another test."""


@pytest.fixture
def run(trained, tmp_path: Path) -> Run:
    """A copy of a trained run, without anything that was computed from it."""
    original = trained.runs["vae"]

    def computed_later(folder: str, names: list[str]) -> set[str]:
        return set(names) - TRAINED if Path(folder) == original.folder else set()

    shutil.copytree(original.folder, tmp_path / "runs" / original.id, ignore=computed_later)
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / original.id)


@pytest.fixture
def spare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spare folder."""
    monkeypatch.setenv(cache.SPARE_VARIABLE, str(tmp_path / "spare"))
    return tmp_path / "spare"


@pytest.fixture
def no_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No spare folder, as in the command line."""
    monkeypatch.delenv(cache.SPARE_VARIABLE, raising=False)


@pytest.mark.usefixtures("no_spare")
def test_a_map_that_cannot_be_cached_is_returned_all_the_same(run: Run) -> None:
    with full_disk(1_000):
        projection = compute_projection(run, "pca")
    assert cached_projection(run, "pca") is None
    assert not list((run.folder / "projections").iterdir())
    expected = compute_projection(run, "pca")
    np.testing.assert_array_equal(projection.xy, expected.xy)
    assert cached_projection(run, "pca") is not None


@pytest.mark.usefixtures("no_spare")
def test_a_background_job_names_the_full_disk_and_leaves_nothing(run: Run) -> None:
    for job, dims in (("pca", 3), ("quality posterior", 0), ("prior mixture", 0), ("film", 0)):
        with full_disk(300), pytest.raises(DiskFull, match="the disk is full"):
            run_job(run, f"{job} pca" if job == "film" else job, dims)
    assert not [path for path in run.folder.rglob("*") if path.name.startswith(".")]


def test_while_the_disk_is_full_results_go_to_the_spare_folder(run: Run, spare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = results_digest(run)
    cache_tree(run, "old.json", {"value": 1}, "0123456789abcdef")  # of earlier results
    atomic_path = cache.atomic_path

    def on_a_full_disk(target: Path) -> object:
        if target.is_relative_to(run.folder):
            raise DiskFull()
        return atomic_path(target)

    monkeypatch.setattr(cache, "atomic_path", on_a_full_disk)
    cache_tree(run, "old.json", {"value": 2}, digest)
    cache_arrays(run, "deep/x.safetensors", {"x": np.arange(3)}, digest)
    run_job(run, "pca", 2)
    assert cached_tree(run, "old.json") == {"value": 2, "results": digest}
    np.testing.assert_array_equal(cached_arrays(run, "deep/x.safetensors")["x"], [0, 1, 2])  # type: ignore[index]
    assert is_done(run, "pca", 2)
    assert partial_map(run, "pca") is None
    assert len([path for path in spare.rglob("*") if path.is_file()]) == 3
    monkeypatch.undo()
    assert cached_tree(run, "old.json") is None


def test_the_spare_folder_is_named_once_and_made_when_needed(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(cache.SPARE_VARIABLE, "x")
    monkeypatch.delenv(cache.SPARE_VARIABLE)
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(cache, "_MEMORY", memory)
    removals: list[object] = []
    monkeypatch.setattr("atexit.register", lambda function, *arguments, **options: removals.append(arguments[0]))
    cache.provide_spare_folder()
    cache.provide_spare_folder()
    assert not list(memory.iterdir())
    monkeypatch.setattr(Run, "artefact", lambda *_: tmp_path / "missing" / "x")
    with pytest.raises(FileNotFoundError):
        cache_tree(run, "x.json", {}, "")  # only a full disk leads to the spare folder
    atomic_path = cache.atomic_path

    def on_a_full_disk(target: Path) -> object:
        if not target.is_relative_to(memory):
            raise DiskFull
        return atomic_path(target)

    monkeypatch.setattr(cache, "atomic_path", on_a_full_disk)
    cache_tree(run, "x.json", {}, "")
    (folder,) = memory.iterdir()
    assert removals == [str(folder)]
    assert folder.stat().st_mode & 0o077 == 0
