"""The same settings are one run, also if another version of aeexplorer wrote them."""

import hashlib

import orjson
import pytest

from aeexplorer.core.formats import NewerFormat
from aeexplorer.core.workspace import Workspace, write_json
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run, find_run, find_runs
from aeexplorer.training.folds import create_folds, finished_folds
from aeexplorer.training.run import Run


def as_older_version(workspace: Workspace, config: RunConfig, name: str = "old") -> Run:
    """Write a run as a version without the settings `averaging` and `l1` would have: its id is the hash of fewer settings."""
    tree = config.model_dump(mode="json")
    del tree["training"]["averaging"], tree["training"]["l1"]
    digest = hashlib.sha256(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)).hexdigest()
    folder = workspace.runs / f"run-{digest[:12]}"
    folder.mkdir()
    write_json(folder / "run.json", {"name": name, "preset": "", "created": 0.0, "config": tree})
    return Run(folder)


def test_settings_of_an_older_version_give_its_run(workspace: Workspace, dataset: Dataset) -> None:
    config = RunConfig(dataset=dataset.id, seed=5)
    old = as_older_version(workspace, config)
    assert old.id != config.run_id
    assert old.config == config
    assert create_run(workspace, config, "new").id == old.id
    assert len(list(workspace.runs.iterdir())) == 1
    assert find_run(workspace, config.replace({"seed": 6})) is None


def test_folds_of_several_versions_join(workspace: Workspace, dataset: Dataset) -> None:
    config = RunConfig(dataset=dataset.id, folds=3)
    old = as_older_version(workspace, config.replace({"fold": 1}))
    runs = create_folds(workspace, config, "mine")
    assert runs[1].id == old.id
    for run in runs:
        write_json(run.folder / "metrics.json", {})
    assert [run.id for run in finished_folds(old)] == [run.id for run in runs]


def test_an_unreadable_run_hides_no_other(workspace: Workspace, dataset: Dataset) -> None:
    config = RunConfig(dataset=dataset.id)
    old = as_older_version(workspace, config)
    for i, content in enumerate((b"", b"[]", b'{"config": 3}', f'{{"config": {{"dataset": "{dataset.id}"}}}}'.encode()[:-1])):
        folder = workspace.runs / f"run-00000000000{i}"
        folder.mkdir()
        (folder / "run.json").write_bytes(content)
    assert [run and run.id for run in find_runs(workspace, [config, config.replace({"seed": 1})])] == [old.id, None]


def test_a_run_of_a_newer_version_says_so(workspace: Workspace, dataset: Dataset) -> None:
    run = create_run(workspace, RunConfig(dataset=dataset.id), "mine")
    record = orjson.loads((run.folder / "run.json").read_bytes())
    assert record["format"] == 1
    write_json(run.folder / "run.json", record | {"format": 2})
    with pytest.raises(NewerFormat, match="Update aeexplorer"):
        _ = Run(run.folder).config
