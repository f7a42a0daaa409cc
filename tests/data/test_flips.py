"""Flipped and missing bytes: reading a file of any format ends in a dataset or in a refusal, and in nothing else."""

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
    """What the child does with an upload, in this process."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        given = [{"name": name, "path": f"{i}.in"} for i, name in enumerate(files)]
        for file in given:
            Path(file["path"]).write_bytes(files[file["name"]])
        for task in ("inspect", "read"):
            work({"task": task, "files": given, "options": {}}, lambda message: None)


@pytest.mark.parametrize("files", GOOD.values(), ids=GOOD)
def test_unharmed_it_is_read(files: Files) -> None:
    read(files)


@pytest.mark.parametrize("files", GOOD.values(), ids=GOOD)
@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_are_read_or_refused(files: Files, data: st.DataObject) -> None:
    name, *others = files
    content = bytearray(files[name])
    places = st.integers(0, len(content) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=6)):
        content[place] = value
    kept = data.draw(st.sampled_from([len(content)] * 3) | places)
    with contextlib.suppress(UploadRejected, MemoryError):  # the second is put in words by `answer`
        read({name: bytes(content[:kept]) or b"\n"} | {other: files[other] for other in others})
