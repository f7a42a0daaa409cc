"""The confined process that unpacks a run file and checks everything in it except the settings.

Run as ``python -m aeexplorer.exchange.run_files.check`` in a folder with a ``request.json``. The unpacked members are written to
``content/``. This module does not import torch.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from safetensors import SafetensorError, safe_open

from aeexplorer.core.errors import UploadRejected, reason_of
from aeexplorer.core.formats import NewerFormat
from aeexplorer.core.workspace import MAX_JSON_BYTES, read_json
from aeexplorer.data.ingest.child import run_task
from aeexplorer.data.records import check_dataset_files, content_hash, read_dataset_record
from aeexplorer.data.tags import TAGS_FILE, read_tags
from aeexplorer.data.tensors import require_small_header
from aeexplorer.exchange.run_files.archive import unpack
from aeexplorer.training.events import validate_event
from aeexplorer.training.records import check_results as check_result_files
from aeexplorer.training.records import read_run_record

_FIX = "Choose a file written by export"


def check_run_file(request: Mapping[str, Any], report: Callable[[Mapping[str, Any]], None]) -> None:
    """Unpack the run file named in the request and check its dataset, weights and results."""
    shown = str(request["shown"])
    manifest = unpack(Path(request["path"]), Path("content"), shown)
    dataset, run = Path("content/datasets") / manifest.dataset, Path("content/runs") / manifest.run
    with _rejecting(shown, "its dataset"):
        n = check_dataset(dataset)
    with _rejecting(shown, "its model"):
        read_run_record(run)
        check_weights(run)
    with _rejecting(shown, "its results"):
        check_results(run, n)
    report({"progress": 1.0, "text": "read"})


def check_dataset(folder: Path) -> int:
    """Check that the files of a dataset are valid and consistent.

    Parameters
    ----------
    folder
        Folder of the dataset, named after its id.

    Returns
    -------
    int
        The number of samples.

    Raises
    ------
    ValueError, OSError, pyarrow.ArrowException
        If a file cannot be read or does not fit. The message names the reason.
    """
    record = read_dataset_record(folder)
    if f"ds-{content_hash(folder, record)[:12]}" != folder.name:
        raise ValueError("its content does not match its id")
    expected = {f"{i}.npy" for i in range(len(record["fields"]))}
    expected |= {f"{i}.present.npy" for i, field in enumerate(record["fields"].values()) if field.get("partial")}
    if {p.name for p in (folder / "fields").iterdir()} != expected:
        raise ValueError("its files of fields do not match its record")
    return check_dataset_files(folder, deep=True)


def check_weights(folder: Path) -> None:
    """Check that the tensors of a run's checkpoints can be read and that its weights are finite.

    Raises
    ------
    ValueError, OSError, safetensors.SafetensorError
        If a file cannot be read, or a weight is not finite. The message names the reason.
    """
    for path in sorted((folder / "checkpoint").glob("*/*.safetensors")):
        for name, tensor in _read_tensors(path).items():
            if path.stem == "weights" and tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
                raise ValueError(f"the tensor {name} has numbers that are not finite")


def check_results(folder: Path, n: int) -> None:
    """Check the metrics, arrays, tags, events, snapshots and maps of a run.

    Parameters
    ----------
    folder
        Folder of the run.
    n
        Number of samples in its dataset.

    Raises
    ------
    ValueError, OSError, safetensors.SafetensorError
        If a file cannot be read or does not fit. The message names the reason.
    """
    # metrics and arrays
    if (folder / "metrics.json").exists():
        check_result_files(folder, n, deep=True)
    # tags and events
    if (folder / TAGS_FILE).exists():
        read_json(folder / TAGS_FILE)
        read_tags(folder / TAGS_FILE, n)
    for line in _read_events(folder):
        validate_event(orjson.loads(line))
    # snapshots
    for path in sorted((folder / "snapshots").glob("*.safetensors")):
        tensors = _read_tensors(path)
        if {name for name in tensors if not name.startswith("field.")} not in (
            {"ids", "latents"},
            {"ids", "codes", "entries"},
            {"ids", "codes", "entries", "stages"},
        ):
            raise ValueError(f"{path.name} is not a snapshot")
        _check_ids(tensors["ids"], n)
        if "latents" in tensors:
            _check_rows(tensors["latents"], len(tensors["ids"]))
        else:
            _check_codes(path.name, tensors["codes"], tensors["entries"], len(tensors["ids"]))
    # maps
    for path in sorted((folder / "projections").glob("*.safetensors")):
        tensors = _read_tensors(path)
        if not {"ids", "xy"} <= set(tensors) <= {"ids", "xy", "plane"}:
            raise ValueError(f"{path.name} is not a map")
        _check_ids(tensors["ids"], n)
        _check_rows(tensors["xy"], len(tensors["ids"]), int(path.stem.split("-")[1][0]))


@contextmanager
def _rejecting(shown: str, where: str) -> Iterator[None]:
    """Turn the errors of a check into an `UploadRejected` that names the part of the file."""
    try:
        yield
    except NewerFormat as error:
        raise UploadRejected(shown, where, error.reason, error.fix) from None
    except (ValueError, OSError, KeyError, TypeError, SafetensorError, pa.ArrowException) as error:
        raise UploadRejected(shown, where, reason_of(error), _FIX) from None


def _read_events(folder: Path) -> list[bytes]:
    """Return the lines of the event log."""
    path = folder / "events.jsonl"
    if not path.exists():
        return []
    if path.stat().st_size > MAX_JSON_BYTES:
        raise ValueError("events.jsonl is too large")
    return [line for line in path.read_bytes().split(b"\n") if line]


def _read_tensors(path: Path) -> dict[str, np.ndarray]:
    require_small_header(path)
    with safe_open(path, "numpy") as stored:
        return {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (not a mapping)


def _check_ids(ids: np.ndarray, n: int) -> None:
    if ids.dtype != np.int32 or ids.ndim != 1 or len(ids) == 0 or ids.min() < 0 or ids.max() >= n:
        raise ValueError("its sample ids are not in its dataset")


def _check_codes(name: str, codes: np.ndarray, entries: np.ndarray, m: int) -> None:
    """Check codes ``(m, T)`` and their codebook ``(K, d)``."""
    _check_rows(entries, len(entries))
    if codes.dtype != np.int32 or codes.ndim != 2 or len(codes) != m or not ((codes >= 0) & (codes < len(entries))).all():
        raise ValueError(f"the codes of {name} are not in its codebook")


def _check_rows(array: np.ndarray, rows: int, columns: int | None = None) -> None:
    if array.ndim != 2 or len(array) != rows or columns not in (None, array.shape[1]):
        raise ValueError(f"an array of shape {array.shape} does not have one row per sample")
    _check_finite(array)


def _check_finite(array: np.ndarray) -> None:
    if array.dtype != np.float32 or not np.isfinite(array).all():
        raise ValueError("an array has numbers that are not finite float32")


if __name__ == "__main__":
    run_task(check_run_file)
