"""Bad inputs (see `hostile`): each is refused with file, place, reason and fix, or converted as said; nothing else changes.

Every reader works within 1 GiB of address space (so at most that resident) and 20 seconds.
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
    """One workspace a family, through all its bad inputs."""
    root = tmp_path_factory.mktemp("hostile")
    return lambda family: Workspace.open(root / family)


def given(files: Files) -> list[Upload]:
    return [Upload(name, content) for name, content in files.items()]


@pytest.mark.parametrize(("family", "case"), BAD)
def test_bad_input(family: str, case: Case, workspace_of: Callable[[str], Workspace], tmp_path: Path) -> None:
    files = case.files()
    if case.converted is not None:
        case.converted(ingest(Workspace.open(tmp_path), given(files), case.options, limits=LIMITS))
        return
    workspace = workspace_of(family)
    before = tree(workspace.root)
    with pytest.raises(UploadRejected) as refusal:
        ingest(workspace, given(files), case.options, limits=LIMITS)
    said = refusal.value
    assert tree(workspace.root) == before
    assert said.file == (case.file or next(iter(files)))
    assert case.where in said.where
    assert case.reason in said.cause
    assert said.fix
    assert case.fix in said.fix
    assert all(part in str(said) for part in (said.file, said.where, said.cause, said.fix))


@pytest.mark.parametrize("family", [pytest.param(family, marks=pytest.mark.xdist_group(family)) for family in FAMILIES])
def test_after_bad_inputs_a_good_one_works(family: str, workspace_of: Callable[[str], Workspace]) -> None:
    assert ingest(workspace_of(family), given(next(iter(FAMILIES[family].GOOD.values()))), limits=LIMITS).n >= 5
