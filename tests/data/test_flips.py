"""Files of any format with flipped or missing bytes are either read or rejected."""

import contextlib
import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.ingest.child import work
from tests.data.hostile import Files, families

GOOD = {f"{family}-{name}": files for family, module in families() for name, files in module.GOOD.items()}


def read(files: Files) -> None:
    """Read an upload in this process, as the child process does."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        requested = [{"name": name, "path": f"{i}.in"} for i, name in enumerate(files)]
        for file in requested:
            Path(file["path"]).write_bytes(files[file["name"]])
        for task in ("inspect", "read"):
            work({"task": task, "files": requested, "options": {}}, lambda message: None)


@pytest.mark.parametrize("files", GOOD.values(), ids=GOOD)
def test_good_uploads_are_read(files: Files) -> None:
    read(files)


@pytest.mark.parametrize("files", GOOD.values(), ids=GOOD)
@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_uploads_with_flipped_bytes_are_read_or_rejected(files: Files, data: st.DataObject) -> None:
    name, *other_names = files
    content = bytearray(files[name])
    positions = st.integers(0, len(content) - 1)
    for position, value in data.draw(st.lists(st.tuples(positions, st.integers(0, 255)), max_size=6)):
        content[position] = value
    length = data.draw(st.sampled_from([len(content)] * 3) | positions)
    with contextlib.suppress(UploadRejected, MemoryError):  # `run_task` turns the second into a rejection
        read({name: bytes(content[:length]) or b"\n"} | {other: files[other] for other in other_names})
