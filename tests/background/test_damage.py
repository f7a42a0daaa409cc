"""Files of runs and datasets that are truncated, empty or hostile: the run or dataset is damaged, everything else works."""

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from aeexplorer.background.damage import dataset_damage, find_run_damage, run_damage
from aeexplorer.background.mending import find_extras_damage
from aeexplorer.background.open_runs import open_cached_run
from aeexplorer.cli.checkup import check_workspace, repair_workspace
from aeexplorer.core.errors import Damaged, UserError
from aeexplorer.core.formats import NewerFormat
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import open_dataset
from aeexplorer.data.library import remove_dataset
from aeexplorer.training.run import Run, all_runs, remove_run

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "workspace-0.4.2.tar.xz"
Spoil = Callable[[Path], None]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with seven finished runs, of two datasets."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def folder(workspace: Workspace) -> Path:
    """Folder of a run with latents."""
    return next(run.folder for run in all_runs(workspace) if run.name == "old vae")


def content(data: bytes) -> Spoil:
    def spoil(path: Path) -> None:
        path.unlink()
        path.write_bytes(data)

    return spoil


def entries(**changes: object) -> Spoil:
    """Change entries of a JSON file; None stands for ``null``."""
    return lambda path: content(orjson.dumps(orjson.loads(path.read_bytes()) | changes))(path)


def array(values: np.ndarray) -> Spoil:
    return lambda path: np.save(path, values)


def objects(path: Path) -> None:
    np.save(path, np.array([{}, None], object), allow_pickle=True)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


HOSTILE = {
    "empty": content(b""),
    "cut": cut,
    "nonsense": content(b"\x00\xff nonsense"),
    "a pipe": pipe,
    "a link to itself": loop,
    "a folder": directory,
}
RECORDS = HOSTILE | {
    "a list": content(b"[]"),
    "a number": content(b"3"),
    "null": content(b"null"),
    "a name of another type": content(b'{"name": 3}'),
    "nested deeply": content(b"[" * 100_000),
    "a lone surrogate": content(rb'{"name": "\ud800"}'),
}
CASES = {
    "run.json": RECORDS
    | {
        "a date of text": entries(created="x"),
        "a date far away": entries(created=1e300),
        "no date": entries(created=None),
        "settings of text": entries(config="x"),
        "a hostile dataset": entries(config={"dataset": "../../etc"}),
    },
    "metrics.json": RECORDS
    | {
        "figures of text": entries(test={"mse": "x"}),
        "no figures": entries(train=None, validation=None, test={}),
        "a list of figures": entries(test=[1]),
        "a baseline of text": entries(pca="x"),
        "seconds of text": entries(seconds="x"),
    },
    "errors.npy": HOSTILE | {"another length": array(np.zeros(29, np.float32)), "objects": objects},
    "latents.npy": HOSTILE
    | {
        "another length": array(np.zeros((29, 2), np.float32)),
        "another type": array(np.zeros((30, 2), np.float64)),
        "another shape": array(np.zeros(30, np.float32)),
        "no columns": array(np.zeros((30, 0), np.float32)),
        "objects": objects,
    },
}
DATASET_CASES = {
    "dataset.json": RECORDS
    | {
        "no fields": entries(fields={}),
        "a shape of text": entries(fields={"table": {"modality": "tabular", "shape": "x", "dtype": "float32", "meta": {}}}),
        "another number of samples": entries(n=31),
        "a huge number of samples": entries(n=10**18),
    },
    "table.arrow": HOSTILE,
    "split.npy": HOSTILE | {"another split": array(np.full(30, 7, np.int8))},
    "fields/0.npy": HOSTILE | {"another shape": array(np.zeros((30, 9), np.float32)), "objects": objects},
}


def named(cases: dict[str, dict[str, Spoil]]) -> list[object]:
    return [pytest.param(name, spoil, id=f"{name} {case}") for name, spoils in cases.items() for case, spoil in spoils.items()]


@pytest.mark.parametrize(("name", "spoil"), named(CASES))
def test_a_damaged_run_says_so_and_the_others_are_whole(workspace: Workspace, folder: Path, name: str, spoil: Spoil) -> None:
    assert run_damage(folder) == ""
    spoil(folder / name)
    reason = run_damage(folder)
    assert reason
    assert "traceback" not in reason.lower()
    with pytest.raises(UserError, match="damaged"):
        open_cached_run(workspace, folder.name)
    others = [other for other in workspace.runs.iterdir() if other != folder]
    assert [run_damage(other) for other in others] == [""] * 6
    assert {run.id for run in all_runs(workspace)} >= {other.name for other in others}
    assert any(problem.where == folder.name for problem in check_workspace(workspace))
    remove_run(workspace, folder.name)
    assert not folder.exists()


@pytest.mark.parametrize(("name", "spoil"), named(DATASET_CASES))
def test_a_damaged_dataset_says_so_as_do_its_runs(workspace: Workspace, folder: Path, name: str, spoil: Spoil) -> None:
    dataset = Run(folder).dataset.folder
    spoil(dataset / name)
    assert dataset_damage(dataset)
    assert run_damage(folder).startswith(f"its dataset {dataset.name} is damaged: ")
    assert [dataset_damage(other) for other in workspace.datasets.glob("ds-*") if other != dataset] == [""]
    with pytest.raises(UserError):
        open_cached_run(workspace, folder.name)
    assert any(problem.where == dataset.name for problem in check_workspace(workspace))
    remove_dataset(workspace, dataset.name)
    assert not dataset.exists()


def test_numbers_that_are_not_finite_are_found_when_a_run_is_opened(workspace: Workspace, folder: Path) -> None:
    latents = np.load(folder / "latents.npy")
    latents[3, 0] = np.nan
    np.save(folder / "latents.npy", latents)
    with pytest.raises(Damaged, match=r"latents\.npy has numbers that are not finite"):
        open_cached_run(workspace, folder.name)


def test_a_damaged_checkpoint_of_a_finished_run_is_called_damaged(folder: Path) -> None:
    cut(next(folder.glob("checkpoint/*/weights.safetensors")))
    with pytest.raises(Damaged, match=r"weights\.safetensors was changed after it was written"):
        _ = Run(folder).model
    assert "weights.safetensors" in find_run_damage(folder, deep=True)


def test_codes_beyond_the_codebook_are_damage(workspace: Workspace) -> None:
    run = next(run for run in all_runs(workspace) if run.name == "old vq")
    codes = np.load(run.folder / "codes.npy")
    np.save(run.folder / "codes.npy", codes + 100)
    with pytest.raises(Damaged, match="does not fit the codebook"):
        run.latents(np.arange(3))


@pytest.mark.parametrize("name", ["run.json", "events.jsonl", "dataset.json"])
def test_files_of_a_newer_version_are_refused_by_name(workspace: Workspace, folder: Path, name: str) -> None:
    dataset = Run(folder).dataset.folder
    if name == "events.jsonl":
        (folder / name).write_bytes(b'{"seq": 0, "kind": "started", "time": 0, "format": 2}\n')
    else:
        entries(format=2)((dataset if name == "dataset.json" else folder) / name)
    assert "newer version of aeexplorer" in run_damage(folder)
    assert repair_workspace(workspace)[0].endswith("datasets 2, runs 7.")
    if name == "dataset.json":
        with pytest.raises(NewerFormat, match="Update aeexplorer"):
            open_dataset(dataset)


def test_hostile_events_are_skipped(folder: Path) -> None:
    progress = {"seq": 5, "kind": "progress", "time": 1.0, "step": 3, "epoch": 1.0, "losses": {"loss": 1.5}, "metrics": {}}
    hostile = [{"step": "x"}, {"step": -1}, {"time": 1e300}, {"losses": []}, {"losses": {"loss": "x"}}, {"epoch": {}}]
    lines = [b'{"seq": 1e30, "kind": "x"}', *(orjson.dumps(progress | change) for change in hostile)]
    (folder / "events.jsonl").write_bytes(b"\n".join([*lines, b"[" * 9999, b"3", b"null", orjson.dumps(progress)]) + b"\n")
    assert Run(folder).events() == [progress]


def test_repair_mends_what_can_be_computed_again_and_sets_the_rest_aside(workspace: Workspace) -> None:
    first, second, third, fourth, *_ = sorted(path for path in workspace.runs.iterdir() if (path / "latents.npy").exists())
    before = {name: np.load(first / name) for name in ("latents.npy", "errors.npy")}
    mse = Run(first).metrics["test"]["mse"]
    content(b"")(first / "metrics.json")
    cut(first / "latents.npy")
    content(b"[]")(second / "run.json")
    content(b"[]")(third / "tags.json") if (third / "tags.json").exists() else (third / "tags.json").write_bytes(b"[]")
    cut(next(fourth.glob("snapshots/*")))
    assert {problem.where for problem in check_workspace(workspace)} >= {path.name for path in (first, second, third, fourth)}
    assert list(find_extras_damage(third)) == [third / "tags.json"]
    sentences = " ".join(repair_workspace(workspace))
    assert f"{first.name}: its results were computed again from its weights" in sentences
    assert not second.exists()
    assert len(list((workspace.root / "damaged").iterdir())) == 2
    searches = {path.name for path in workspace.searches.iterdir()}  # a trial may have lost its run
    assert {problem.where.partition(",")[0] for problem in check_workspace(workspace)} <= searches
    assert Run(first).metrics["test"]["mse"] == pytest.approx(mse, rel=1e-4)
    for name, values in before.items():
        np.testing.assert_allclose(np.load(first / name), values, rtol=1e-4, atol=1e-5)
