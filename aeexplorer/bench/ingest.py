"""Bringing data in: a zip of many small pictures, and a large Parquet file; rate and memory of the process that reads them."""

import contextlib
import io
import resource
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from aeexplorer.bench import Figure
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import Upload, ingest

ASKED_RATE = 1_500
ASKED_MEMORY = 1_024
SIDE, FOLDERS = 28, 10
COLUMNS, ROWS = 32, 1 << 18


def measure(pictures: int, parquet_mb: int) -> list[Figure]:
    """Rate and peak memory, beside the usual loop over the same pictures in folders.

    Parameters
    ----------
    pictures
        How many of 28×28 pixels the zip has.
    parquet_mb
        Size of the Parquet file in MB.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        seconds, memory = _child(folder, picture_zip(folder / "pictures.zip", pictures))
        table = parquet(folder / "table.parquet", parquet_mb)
        megabytes = table.stat().st_size / 1e6
        table_seconds, table_memory = _child(folder, table)
        return [
            Figure(f"{pictures:,} pictures: ours", pictures / seconds, "pictures per CPU second", ASKED_RATE, "more"),
            Figure("pictures: the usual loop", _usual(folder, pictures), "pictures per CPU second", note=_USUAL),
            Figure("pictures: peak memory of the reader", memory, "MB", ASKED_MEMORY),
            Figure(f"{megabytes:,.0f} MB of Parquet", megabytes / table_seconds, "MB per CPU second"),
            Figure("Parquet: peak memory of the reader", table_memory, "MB", ASKED_MEMORY),
        ]


_USUAL = "torchvision's ImageFolder and np.asarray, unpacked beforehand, nothing checked, nothing stored"


def picture_zip(path: Path, count: int) -> Path:
    """A zip of grey PNG pictures of soft spots in ten folders."""
    rng = np.random.default_rng(0)
    grid = np.arange(SIDE)
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(count):
            row, column = np.exp(-(((grid - rng.uniform(8, 20, (2, 1))) / rng.uniform(2, 6, (2, 1))) ** 2))
            out = io.BytesIO()
            Image.fromarray((255 * np.outer(row, column)).astype(np.uint8)).save(out, "PNG")
            archive.writestr(f"{i % FOLDERS}/{i}.png", out.getvalue())
    return path


def parquet(path: Path, megabytes: int) -> Path:
    """A Parquet file of 32 columns of random numbers and one of labels, written a row group at a time."""
    rng = np.random.default_rng(0)
    left = max(1, megabytes * 1_000_000 // (4 * COLUMNS))
    kinds = pa.array([f"kind {i}" for i in range(FOLDERS)])
    schema = pa.schema([*((f"x{i}", pa.float32()) for i in range(COLUMNS)), ("label", pa.string())])
    with pq.ParquetWriter(path, schema, use_dictionary=["label"]) as writer:
        while left > 0:
            count = min(ROWS, left)
            numbers = [pa.array(rng.random(count, np.float32)) for _ in range(COLUMNS)]
            labels = kinds.take(pa.array(rng.integers(0, FOLDERS, count)))
            writer.write_table(pa.table([*numbers, labels], schema))
            left -= count
    return path


def _child(folder: Path, upload: Path) -> tuple[float, float]:
    """CPU seconds of the reading process, and the most memory in MB that it was seen to have had."""
    peak = 0.0

    def look(fraction: float, text: str) -> None:
        nonlocal peak
        peak = max(peak, _peak_of_children())

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ingest(Workspace.open(folder / "workspace"), [Upload(upload.name, upload)], progress=look)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak


def _peak_of_children() -> float:
    """The peak of the largest child's own memory in MB; `getrusage` would count this process's, which the child starts from."""
    found = [0.0]
    for path in Path("/proc/self/task").glob("*/children"):
        for child in path.read_text().split():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{child}/status").read_text().splitlines()
                found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(found)


def _usual(folder: Path, count: int) -> float:
    """Pictures per CPU second of a plain loop over files in folders."""
    from torchvision.datasets import ImageFolder

    unpacked = folder / "unpacked"
    for kind in range(FOLDERS):
        (unpacked / str(kind)).mkdir(parents=True)
    with zipfile.ZipFile(folder / "pictures.zip") as archive:
        for i in range(count):
            (unpacked / str(i % FOLDERS) / f"{i}.png").write_bytes(archive.read(f"{i % FOLDERS}/{i}.png"))
    started = time.process_time()
    for picture, _ in ImageFolder(str(unpacked)):
        np.asarray(picture)
    return count / (time.process_time() - started)
