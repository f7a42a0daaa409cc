"""What holds for every built-in dataset, as soon as its file is there."""

import urllib.request
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.library import builtin_datasets, load_builtin_dataset
from aeexplorer.modalities.base import modality_of


@pytest.fixture(autouse=True)
def _offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No raw files of this machine, and no network."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("offline")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AEEXPLORER_DATA_DIR", raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)


@pytest.mark.parametrize("name", list(builtin_datasets()))
def test_a_built_in_dataset_loads_or_says_why_not(workspace: Workspace, name: str) -> None:
    about = builtin_datasets()[name]
    assert about.title
    assert about.summary.endswith(".")
    try:
        dataset = load_builtin_dataset(workspace, name)
    except UserError as error:
        refusal = error
    else:
        check(dataset)
        assert load_builtin_dataset(workspace, name).id == dataset.id
        return
    assert "could not be downloaded" in refusal.reason
    assert "AEEXPLORER_DATA_DIR" in refusal.fix
    assert not list(workspace.datasets.iterdir())


def check(dataset: Dataset) -> None:
    """Check the parts of a loaded dataset."""
    assert dataset.name
    assert "source" in dataset.table.column_names
    assert dataset.table["source"].null_count == 0
    for field in dataset.fields.values():
        assert dataset.samples(dataset.ids()[:4])[field.name].shape == (4, *field.shape)
        assert modality_of(field).networks
    assert all(len(dataset.ids(split)) for split in ("train", "test"))
    assert np.array_equal(np.sort(np.concatenate([dataset.ids(s) for s in ("train", "validation", "test")])), dataset.ids())
