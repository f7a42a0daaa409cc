"""Measure the rate and the memory of the process that reads uploads: a zip of small pictures and a large Parquet file."""

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

TARGET_RATE = 1_500
MAX_MEMORY_MB = 1_024
PICTURE_SIDE, FOLDERS = 28, 10
COLUMNS, ROW_GROUP = 32, 1 << 18
_PLAIN_LOOP = "torchvision's ImageFolder and np.asarray on unpacked files, without checks and storage"


def measure(pictures: int, parquet_mb: int) -> list[Figure]:
    """Measure rate and peak memory, and compare the rate with a plain loop over the same pictures in folders.

    Parameters
    ----------
    pictures
        Number of pictures of 28×28 pixels in the zip.
    parquet_mb
        Size of the Parquet file in MB.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        seconds, memory = _ingest_cost(folder, write_picture_zip(folder / "pictures.zip", pictures))
        table = write_parquet(folder / "table.parquet", parquet_mb)
        megabytes = table.stat().st_size / 1e6
        table_seconds, table_memory = _ingest_cost(folder, table)
        return [
            Figure(f"{pictures:,} pictures: ours", pictures / seconds, "pictures per CPU second", TARGET_RATE, "more"),
            Figure("pictures: a plain loop", _plain_loop_rate(folder, pictures), "pictures per CPU second", note=_PLAIN_LOOP),
            Figure("pictures: peak memory of the reader", memory, "MB", MAX_MEMORY_MB),
            Figure(f"{megabytes:,.0f} MB of Parquet", megabytes / table_seconds, "MB per CPU second"),
            Figure("Parquet: peak memory of the reader", table_memory, "MB", MAX_MEMORY_MB),
        ]


def write_picture_zip(path: Path, count: int) -> Path:
    """Write a zip with grey PNG pictures of blurred spots in ten folders."""
    rng = np.random.default_rng(0)
    grid = np.arange(PICTURE_SIDE)
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(count):
            row, column = np.exp(-(((grid - rng.uniform(8, 20, (2, 1))) / rng.uniform(2, 6, (2, 1))) ** 2))
            out = io.BytesIO()
            Image.fromarray((255 * np.outer(row, column)).astype(np.uint8)).save(out, "PNG")
            archive.writestr(f"{i % FOLDERS}/{i}.png", out.getvalue())
    return path


def write_parquet(path: Path, megabytes: int) -> Path:
    """Write a Parquet file with 32 columns of random numbers and a column of labels, one row group at a time."""
    rng = np.random.default_rng(0)
    left = max(1, megabytes * 1_000_000 // (4 * COLUMNS))
    kinds = pa.array([f"kind {i}" for i in range(FOLDERS)])
    schema = pa.schema([*((f"x{i}", pa.float32()) for i in range(COLUMNS)), ("label", pa.string())])
    with pq.ParquetWriter(path, schema, use_dictionary=["label"]) as writer:
        while left > 0:
            count = min(ROW_GROUP, left)
            numbers = [pa.array(rng.random(count, np.float32)) for _ in range(COLUMNS)]
            labels = kinds.take(pa.array(rng.integers(0, FOLDERS, count)))
            writer.write_table(pa.table([*numbers, labels], schema))
            left -= count
    return path


def _ingest_cost(folder: Path, upload: Path) -> tuple[float, float]:
    """Ingest an upload. Return the CPU seconds and the highest observed memory, in MB, of the reading process."""
    peak = 0.0

    def note_memory(fraction: float, text: str) -> None:
        nonlocal peak
        peak = max(peak, _children_peak_mb())

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ingest(Workspace.open(folder / "workspace"), [Upload(upload.name, upload)], progress=note_memory)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak


def _children_peak_mb() -> float:
    """Return the peak memory of the largest child, in MB.

    `getrusage` cannot be used: a child inherits the memory of this process at its start.
    """
    peaks = [0.0]
    for path in Path("/proc/self/task").glob("*/children"):
        for child in path.read_text().split():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{child}/status").read_text().splitlines()
                peaks += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(peaks)


def _plain_loop_rate(folder: Path, count: int) -> float:
    """Return the pictures per CPU second of a plain loop over files in folders."""
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
