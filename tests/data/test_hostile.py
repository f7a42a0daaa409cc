"""Hostile uploads (see `hostile`) are refused with file, place, reason and fix, or converted with a note.

A refusal changes nothing in the workspace. Every reader works within 1 GiB of address space and 20 seconds.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestLimits, Upload, ingest
from tests.data.hostile import Case, Files, families
from tests.data.making import tree

LIMITS = IngestLimits(memory_mb=1024, seconds=20)
FAMILIES = dict(families())
BAD = [
    pytest.param(family, case, id=f"{family}-{name}", marks=pytest.mark.xdist_group(family))
    for family, module in FAMILIES.items()
    for name, case in module.CASES.items()
]


@pytest.fixture(scope="module")
def workspace_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Workspace]:
    """Return the workspace of a family, shared by all its hostile uploads."""
    root = tmp_path_factory.mktemp("hostile")
    return lambda family: Workspace.open(root / family)


def uploads(files: Files) -> list[Upload]:
    return [Upload(name, content) for name, content in files.items()]


@pytest.mark.parametrize(("family", "case"), BAD)
def test_hostile_uploads_are_refused_or_converted(
    family: str, case: Case, workspace_of: Callable[[str], Workspace], tmp_path: Path
) -> None:
    files = case.files()
    if case.converted is not None:
        case.converted(ingest(Workspace.open(tmp_path), uploads(files), case.options, limits=LIMITS))
        return
    workspace = workspace_of(family)
    before = tree(workspace.root)
    with pytest.raises(UploadRejected) as caught:
        ingest(workspace, uploads(files), case.options, limits=LIMITS)
    refusal = caught.value
    assert tree(workspace.root) == before
    assert refusal.file == (case.file or next(iter(files)))
    assert case.where in refusal.where
    assert case.reason in refusal.cause
    assert refusal.fix
    assert case.fix in refusal.fix
    assert all(part in str(refusal) for part in (refusal.file, refusal.where, refusal.cause, refusal.fix))


@pytest.mark.parametrize("family", [pytest.param(family, marks=pytest.mark.xdist_group(family)) for family in FAMILIES])
def test_a_valid_upload_works_after_hostile_ones(family: str, workspace_of: Callable[[str], Workspace]) -> None:
    assert ingest(workspace_of(family), uploads(next(iter(FAMILIES[family].GOOD.values()))), limits=LIMITS).n >= 5
