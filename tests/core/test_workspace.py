import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import orjson
import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, atomic_folder, atomic_path, read_array, remove_folder, write_array, write_json


def test_the_argument_wins_over_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(tmp_path / "variable"))
    assert Workspace.open().root == tmp_path / "variable"
    assert Workspace.open(tmp_path / "argument").root == tmp_path / "argument"
    monkeypatch.delenv("AEEXPLORER_WORKSPACE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if sys.platform == "linux":
        assert Workspace.open().root == tmp_path / "data" / "aeexplorer"


def test_an_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match=r"file/inside cannot be used.*--workspace"):
        Workspace.open(tmp_path / "file" / "inside")


@pytest.mark.skipif(os.getuid() != 0, reason="needs a second user")
def test_a_workspace_of_another_user_is_refused(workspace: Workspace) -> None:
    code = (
        f"import os; from aeexplorer.core.workspace import Workspace; os.setuid(65534); Workspace.open({str(workspace.root)!r})"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "cannot be used" in process.stderr


@pytest.mark.parametrize("name", ["", "..", "../ds-000000000000", "ds-00000000000", "ds-0000000000000", "DS-000000000000"])
def test_only_ids_become_paths(workspace: Workspace, name: str) -> None:
    with pytest.raises(UserError, match="not the id of a dataset"):
        workspace.dataset_folder(name)
    with pytest.raises(UserError, match="not the id of a run"):
        workspace.run_folder(name)


def test_an_id_of_the_other_kind_is_refused(workspace: Workspace) -> None:
    assert workspace.dataset_folder("ds-0123456789ab").parent == workspace.datasets
    with pytest.raises(UserError, match="not the id of a run"):
        workspace.run_folder("ds-0123456789ab")


def test_a_failed_write_leaves_only_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_json(target, {"x": np.float32(1)})
    with pytest.raises(TypeError), atomic_path(target) as temporary, temporary.open("wb") as out:
        out.writelines([b"half", "not bytes"])  # type: ignore[list-item]
    assert orjson.loads(target.read_bytes()) == {"x": 1.0}
    assert list(tmp_path.iterdir()) == [target]


def test_arrays_are_read_as_read_only_memory_maps(tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(3, 4)
    write_array(tmp_path / "a.npy", array)
    stored = read_array(tmp_path / "a.npy")
    np.testing.assert_array_equal(stored, array)
    with pytest.raises(ValueError):
        stored[0, 0] = 1


def test_a_folder_appears_complete_or_not_at_all(workspace: Workspace) -> None:
    with pytest.raises(FileNotFoundError), atomic_folder(workspace.datasets, workspace.staging, "x") as new:
        shutil.copy(new.folder / "missing", new.folder / "half")
    assert list(workspace.datasets.iterdir()) == list(workspace.staging.iterdir()) == []
    for content in (b"first", b"second"):
        with atomic_folder(workspace.datasets, workspace.staging) as new:
            (new.folder / "sub").mkdir()
            (new.folder / "sub" / "file").write_bytes(content)
            new.name = "x"
            assert not (workspace.datasets / "x" / "sub" / "file").exists() or content == b"second"
    assert (workspace.datasets / "x" / "sub" / "file").read_bytes() == b"first"
    assert list(workspace.staging.iterdir()) == []


def test_a_folder_is_removed_with_its_content(workspace: Workspace) -> None:
    folder = workspace.runs / "run-000000000000"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_bytes(b"x")
    remove_folder(workspace, folder)
    assert not folder.exists()
    assert list(workspace.staging.iterdir()) == []
