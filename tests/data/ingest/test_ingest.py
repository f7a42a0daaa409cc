import io
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace, staging_folder, sweep
from aeexplorer.data.ingest import confined
from aeexplorer.data.ingest.ingest import IngestLimits, IngestOptions, Upload, ingest, inspect, uploads_at
from aeexplorer.data.split import SplitSettings
from tests.data.making import npy, pictures, png, tree, upload, zipped

X = np.random.default_rng(0).integers(0, 256, (40, 6, 6), np.uint8)


def test_the_same_upload_twice_gives_one_dataset_in_the_catalogue(workspace: Workspace) -> None:
    first = ingest(workspace, upload("my x.npy", npy(X)), IngestOptions(name="mine"))
    again = ingest(workspace, upload("other.npy", npy(X)))
    assert first.id != again.id  # the source names differ, and belong to the content
    assert ingest(workspace, upload("my x.npy", npy(X))).id == first.id
    assert {row.name for row in open_catalogue(workspace).datasets()} == {"mine", "other"}


def test_bytes_paths_and_streams_give_the_same_dataset(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere"
    path.write_bytes(npy(X))
    stream = io.BytesIO(npy(X))
    stream.read()
    ids = {ingest(workspace, [Upload("x.npy", content)]).id for content in (path, npy(X), stream)}
    assert len(ids) == 1


def test_the_split_follows_the_options(workspace: Workspace) -> None:
    options = IngestOptions(split=SplitSettings(validation=0.25, test=0.25, seed=3))
    dataset = ingest(workspace, upload("x.npy", npy(X)), options)
    assert [len(dataset.ids(name)) for name in ("train", "validation", "test")] == [20, 10, 10]


def test_a_hostile_name_never_becomes_a_path(workspace: Workspace) -> None:
    dataset = ingest(workspace, upload("../../<b>evil</b>\n.npy", npy(X)))
    assert dataset.folder.parent == workspace.datasets
    assert "\n" not in dataset.name
    assert sorted(p.name for p in workspace.root.parent.iterdir()) == [workspace.root.name]


def test_progress_rises_to_one_with_a_sentence(workspace: Workspace) -> None:
    seen: list[tuple[float, str]] = []
    ingest(workspace, upload("z.zip", zipped(pictures(200))), progress=lambda fraction, text: seen.append((fraction, text)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("picture 128 of 200" in text for _, text in seen)


def test_an_exception_from_progress_cancels_the_upload(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class RecordedPopen(subprocess.Popen):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)

    class Cancelled(Exception):
        pass

    def cancel(fraction: float, text: str) -> None:
        raise Cancelled

    monkeypatch.setattr(subprocess, "Popen", RecordedPopen)
    before = tree(workspace.root)
    with pytest.raises(Cancelled):
        ingest(workspace, upload("z.zip", zipped(pictures(50))), progress=cancel)
    assert tree(workspace.root) == before
    assert [child.returncode for child in started] == [-signal.SIGKILL]  # killed, and reaped


def test_cancelling_while_storing_leaves_nothing(workspace: Workspace) -> None:
    class Cancelled(Exception):
        pass

    def cancel(fraction: float, text: str) -> None:
        if text == "dividing and storing":
            raise Cancelled

    before = tree(workspace.root)
    with pytest.raises(Cancelled):
        ingest(workspace, upload("z.zip", zipped(pictures(50))), progress=cancel)
    assert tree(workspace.root) == before


def test_exceeding_the_time_limit_is_refused(workspace: Workspace) -> None:
    content = png(0, (6000, 6000))
    large = [Upload(f"{i}.png", content) for i in range(30)]
    before = tree(workspace.root)
    with pytest.raises(UploadRejected, match="longer than 1 seconds"):
        ingest(workspace, large, limits=IngestLimits(seconds=1))
    assert tree(workspace.root) == before


def test_exceeding_the_memory_limit_is_refused(workspace: Workspace) -> None:
    array = np.asfortranarray(np.ones((10, 20 << 20), np.uint8))
    before = tree(workspace.root)
    with pytest.raises(UploadRejected, match=r"more than 400 MB of memory.*--limit seconds=3600.*memory_mb"):
        ingest(workspace, upload("x.npy", npy(array)), limits=IngestLimits(memory_mb=400))
    assert tree(workspace.root) == before


def test_exceeding_the_output_limit_is_refused(workspace: Workspace) -> None:
    wide = np.random.default_rng(0).random((60, 3000)).astype(np.float16)
    limits, table = IngestLimits(output_mb=1), IngestOptions(layout="table")
    assert ingest(workspace, upload("x.npy", npy(wide)), table, limits=limits).n == 60
    with pytest.raises(UploadRejected, match=r"over the limit.*output_mb"):
        ingest(workspace, upload("x.npy", npy(np.concatenate([wide, wide]))), table, limits=limits)


@pytest.mark.parametrize(("ending", "reason"), [("kill -SEGV $$", "crashed"), ("kill -KILL $$", "memory"), ("exit 3", "crashed")])
def test_a_crash_of_the_reader_is_a_rejection(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, reason: str
) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\n{ending}\n")
    interpreter.chmod(0o700)
    monkeypatch.setattr(confined.sys, "executable", str(interpreter))
    before = tree(workspace.root)
    with pytest.raises(UploadRejected, match=reason):
        ingest(workspace, upload("x.npy", npy(X)))
    assert tree(workspace.root) == before


def test_the_child_imports_no_heavy_package() -> None:
    code = (
        "import sys, aeexplorer.data.ingest.child, aeexplorer.data.uploads.staged\n"
        "from aeexplorer.core.registry import collect\n"
        "from aeexplorer.data.formats.base import Format\n"
        "collect('aeexplorer.data.formats', Format)\n"
        "print([m for m in ('torch', 'streamlit', 'sqlalchemy', 'pandas', 'sklearn', 'plotly') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_the_child_has_no_network_and_no_core_dumps() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = (
            "import os, resource, socket, sys\n"
            "from aeexplorer.data.ingest.child import confine\n"
            "net = os.readlink('/proc/self/ns/net')\n"
            "confine({'memory_mb': 1024, 'seconds': 9, 'output_mb': 1}, os.getppid())\n"
            "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
            "assert resource.getrlimit(resource.RLIMIT_AS)[0] == 1 << 30\n"
            "if net == os.readlink('/proc/self/ns/net'): sys.exit(77)\n"
            f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        )
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if process.returncode == 77:
        pytest.skip("on this system processes cannot give up the network")
    assert "Network is unreachable" in process.stderr


def test_sweep_removes_leftovers_of_dead_processes_only(workspace: Workspace) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom aeexplorer.core.workspace import staging_folder\n"
        "with staging_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').write_bytes(b'x')\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    before = tree(workspace.root)
    process = subprocess.run([sys.executable, "-c", code, str(workspace.staging)])
    assert process.returncode == -signal.SIGKILL
    assert tree(workspace.root) != before
    with staging_folder(workspace.staging) as folder:
        assert sweep(workspace) == 1
        assert list(workspace.staging.iterdir()) == [folder]
    assert tree(workspace.root) == before


def test_a_missing_file_is_named(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UploadRejected, match=r"x\.npy: a file cannot be opened \(No such file"):
        ingest(workspace, [Upload("x.npy", tmp_path / "gone.npy")])


def test_an_upload_without_files_is_rejected() -> None:
    with pytest.raises(UploadRejected, match="no file"):
        inspect([])


def test_the_files_of_a_folder_are_an_upload(workspace: Workspace, tmp_path: Path) -> None:
    for name, content in (pictures(3, "cat/") | pictures(3, "dog/") | {".hidden/x.png": png()}).items():
        target = tmp_path / "set" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    dataset = ingest(workspace, uploads_at(tmp_path / "set"), IngestOptions(name="pets"))
    assert dataset.table["source"].to_pylist()[:2] == ["cat/0.png", "cat/1.png"]
    assert dataset.label_names == ["cat", "dog"]
    with pytest.raises(UploadRejected, match="no file here"):
        uploads_at(tmp_path / "nothing")
