"""Tags are stored with the run, validated, and offered as colourings and columns."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.samples.colouring import colouring, colouring_version, offered_colourings
from aeexplorer.analysis.samples.table import samples_table
from aeexplorer.analysis.samples.tags import remove_tag, rename_tag, save_tag, tags_by_sample, tags_of
from aeexplorer.core.errors import UploadRejected, UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.run_files.transfer import export_run, import_run
from aeexplorer.training.run import Run


@pytest.fixture
def run(trained, tmp_path: Path) -> Run:
    """Copy of a run that may be changed."""
    shutil.copytree(trained.workspace.root, tmp_path / "own")
    return Run(tmp_path / "own" / "runs" / trained.runs["vae"].id)


def test_tag_is_saved_renamed_removed_and_restored(run: Run) -> None:
    assert tags_of(run) == {}
    assert save_tag(run, "  odd \n sevens ", np.array([9, 3, 3, 7])) == "odd sevens"
    save_tag(run, "edge", np.array([7]))
    reopened = Run(run.folder)
    assert {name: ids.tolist() for name, ids in tags_of(reopened).items()} == {"edge": [7], "odd sevens": [3, 7, 9]}
    assert tags_by_sample(run, np.array([9, 7, 1])) == ["odd sevens", "edge; odd sevens", None]
    rename_tag(run, "edge", "rim")
    removed = remove_tag(run, "odd sevens")
    assert list(tags_of(run)) == ["rim"]
    save_tag(run, "odd sevens", removed)
    assert tags_of(run)["odd sevens"].tolist() == [3, 7, 9]


@pytest.mark.parametrize(
    ("name", "ids", "reason"),
    [(" \t", [1], "no name"), ("x" * 61, [1], "61 characters"), ("new", [], "nothing is selected"), ("there", [1], "already")],
)
def test_invalid_tags_are_refused(run: Run, name: str, ids: list[int], reason: str) -> None:
    save_tag(run, "there", np.array([1]))
    with pytest.raises(UserError, match=reason):
        save_tag(run, name, np.array(ids, np.int32))
    assert list(tags_of(run)) == ["there"]


def test_tag_is_a_colouring_and_a_column(run: Run) -> None:
    before = colouring_version(run, "tag: odd")
    save_tag(run, "odd", np.array([3, 7]))
    assert "tag: odd" in offered_colourings(run)
    assert colouring_version(run, "tag: odd") != before
    tag_colouring = colouring(run, "tag: odd", np.array([2, 3, 7]))
    assert (tag_colouring.values.tolist(), tag_colouring.categories) == ([-1, 0, 0], ("odd",))
    assert samples_table(run, np.array([2, 3], np.int32))["tags"].to_pylist() == [None, "odd"]


def test_tags_survive_export_and_import(run: Run, workspace: Workspace, tmp_path: Path) -> None:
    save_tag(run, "odd", np.array([3, 7]))
    imported = import_run(workspace, export_run(run, tmp_path / "a.aerun"))
    assert tags_of(imported)["odd"].tolist() == [3, 7]


@pytest.mark.parametrize("content", [b'{"odd": [3, 400]}', b'{"odd": [7, 3]}', b'{"": [3]}', b'{"odd": []}', b"[1]", b"{"])
def test_damaged_tag_files_are_refused(run: Run, workspace: Workspace, tmp_path: Path, content: bytes) -> None:
    (run.folder / "tags.json").write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        tags_of(run)
    with pytest.raises(UploadRejected, match="its results"):
        import_run(workspace, export_run(run, tmp_path / "a.aerun"))
