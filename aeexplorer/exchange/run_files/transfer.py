"""Run files (``.aerun``): a run and its dataset in one file, to open on another machine.

An import has three steps: a confined process unpacks and checks the file, this process verifies settings and weights on a few
samples, and the run is stored.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from aeexplorer.analysis.maps.projections import methods
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UploadRejected, UserError, reason_of
from aeexplorer.core.workspace import Workspace, atomic_folder, atomic_path, read_json, staging_folder
from aeexplorer.data.dataset import clean_name
from aeexplorer.data.ingest.confined import run_confined
from aeexplorer.data.tags import TAGS_FILE
from aeexplorer.data.uploads.options import IngestLimits
from aeexplorer.exchange.incoming import require_safe_graphs
from aeexplorer.exchange.run_files.archive import pack
from aeexplorer.jobs.status import status
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from aeexplorer.training.run import Run

MAX_SNAPSHOTS = 20
"""Largest number of snapshots in a run file: the first, the last, and evenly spaced ones between them."""
_RESULT_FILES = ("run.json", "events.jsonl", "metrics.json", "errors.npy", "latents.npy", "codes.npy", TAGS_FILE)
_CHECKED_SAMPLES = 4
_FIX = "Choose a file written by this version of aeexplorer"


def export_run(run: Run, target: Path | str) -> Path:
    """Write a run and its dataset into one file.

    The file holds weights, results, maps, the history and some snapshots. It holds the optimizer's state only if the
    training can be continued.

    Parameters
    ----------
    run
        A run with weights.
    target
        Path of the run file.

    Returns
    -------
    Path
        The absolute path of the run file.

    Raises
    ------
    UserError
        If the run is being trained, or has no weights yet.
    """
    path = Path(target).expanduser().absolute()
    if status(run).active:
        raise UserError(f"the run {run.name} is being trained", "Wait until it has finished, or pause it")
    checkpoint = load_checkpoint(run.folder / "checkpoint")
    if checkpoint is None:
        raise UserError(f"the run {run.name} has no weights yet", "Train it first")
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        save_checkpoint(Path(folder), _drop_optimizer(checkpoint) if run.finished else checkpoint)
        files = _members(run)
        step = f"{checkpoint.state['step']:09d}"
        files |= {f"runs/{run.id}/checkpoint/{step}/{p.name}": p for p in sorted((Path(folder) / step).iterdir())}
        with atomic_path(path) as temporary:
            pack(temporary, run.id, run.dataset.id, files)
    return path


def _drop_optimizer(checkpoint: Checkpoint) -> Checkpoint:
    return Checkpoint(checkpoint.final_weights, state=checkpoint.state)


def _members(run: Run) -> dict[str, Path]:
    """Map member names to the files of the dataset and the run, except the checkpoint."""
    dataset = run.dataset.folder
    parts = [dataset / "dataset.json", dataset / "table.arrow", dataset / "split.npy", *sorted((dataset / "fields").iterdir())]
    files = {f"datasets/{run.dataset.id}/{path.relative_to(dataset).as_posix()}": path for path in parts}
    snapshots = run.snapshots()
    chosen = sorted({round(i) for i in np.linspace(0, len(snapshots) - 1, min(MAX_SNAPSHOTS, len(snapshots)))})
    paths = [run.folder / name for name in _RESULT_FILES]
    paths += [snapshots[i] for i in chosen]
    maps = sorted((run.folder / "projections").glob("*.safetensors"))
    paths += [path for path in maps if path.name.split("-")[0] in methods()]  # slices are computed again on request
    return files | {f"runs/{run.id}/{p.relative_to(run.folder).as_posix()}": p for p in paths if p.exists()}


class _RunRecord(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    format: int = 1
    name: str
    preset: str
    created: float
    config: dict[str, object]


def import_run(workspace: Workspace, source: Path | str | BinaryIO, name: str = "the run file") -> Run:
    """Import the run of a run file.

    Parameters
    ----------
    workspace
        The workspace to store the run in. It is unchanged if the file is rejected.
    source
        A path, or an open binary file.
    name
        File name of an open file, to show in error messages.

    Returns
    -------
    Run
        The stored run; the existing one if the workspace already holds it.

    Raises
    ------
    UploadRejected
        If the file is damaged or invalid. The message names the member or part of the file.
    UserError
        If the workspace holds the same run, unfinished.
    """
    with staging_folder(workspace.staging) as folder:
        path, shown = _open_source(source, folder / "file", name)
        run_confined("aeexplorer.exchange.run_files.check", {"path": str(path), "shown": shown}, IngestLimits(), folder, shown)
        run = Run(next((folder / "content" / "runs").iterdir()))
        _verify(run, folder, shown)
        return store_run(workspace, run)


def store_run(workspace: Workspace, run: Run) -> Run:
    """Move an unpacked run and its dataset into a workspace, and add both to its catalogue.

    Returns
    -------
    Run
        The stored run; the existing one if the workspace already holds it, finished.

    Raises
    ------
    UserError
        If the workspace holds the same run, unfinished.
    """
    stored = Run(workspace.run_folder(run.id))
    if (stored.folder / "run.json").exists():
        if stored.finished:
            return stored
        raise UserError(
            f"the run {stored.name} is already in this workspace, unfinished", f"Remove {run.id} first, or let it finish"
        )
    dataset = run.dataset
    for folder, parent in ((dataset.folder, workspace.datasets), (run.folder, workspace.runs)):
        if not (parent / folder.name).exists():
            with atomic_folder(parent, workspace.staging, folder.name) as new:
                for path in folder.iterdir():
                    path.replace(new.folder / path.name)
    catalogue = open_catalogue(workspace)
    catalogue.add_dataset(workspace.dataset_folder(dataset.id))
    catalogue.add_run(stored.folder)
    return stored


def _open_source(source: Path | str | BinaryIO, target: Path, name: str) -> tuple[Path, str]:
    """Return the path and the shown name of a run file. The content of an open file is copied to `target` first."""
    if isinstance(source, Path | str):
        path = Path(source).expanduser().absolute()
        if not path.is_file():
            raise UploadRejected(str(source), "", "there is no such file", "Name a file written by `aeexplorer export`")
        return path, path.name
    with target.open("wb") as out:
        source.seek(0)
        shutil.copyfileobj(source, out, 1 << 20)
    return target, name


def _verify(run: Run, folder: Path, shown: str) -> None:
    """Raise `UploadRejected` if the settings do not match the run's id, or the weights do not fit the settings."""
    try:
        record = _RunRecord.model_validate(run.record)
        if record.name != clean_name(record.name) or record.preset != "".join(
            c for c in record.preset if c.isalnum() or c == "-"
        ):
            raise ValueError("its name is not printable")
        if run_id_of(read_json(run.folder / "run.json")["config"]) != run.id:  # as its version wrote it, before any migration
            raise ValueError("its settings do not match its id")
        if not (run.folder.parent.parent / "datasets" / run.config.dataset).is_dir():
            raise ValueError("its settings name another dataset")
        require_safe_graphs(run, folder)
        ids = np.arange(min(_CHECKED_SAMPLES, run.dataset.n), dtype=np.int32)
        run.reconstruct(ids)
        if run.finished:
            _verify_results(run, ids)
    except (
        ValidationError,
        UserError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        AssertionError,
        RuntimeError,
    ) as error:
        raise UploadRejected(shown, "its model", reason_of(error), _FIX) from None


def _verify_results(run: Run, ids: np.ndarray) -> None:
    bottleneck = run.model.bottleneck
    codes = run.codes
    if isinstance(bottleneck, DiscreteBottleneck) != (codes is not None):
        raise ValueError("its results do not fit its bottleneck")
    if isinstance(bottleneck, DiscreteBottleneck) and codes is not None:
        fits = codes.max() < len(bottleneck.entries) and codes.shape[1] == bottleneck.tokens * bottleneck.stages
        if not fits:
            raise ValueError("its codes do not fit its codebook")
    if run.latents(ids).shape[1] != bottleneck.latent_dim:
        raise ValueError("its latents do not fit its bottleneck")


def run_id_of(config: Mapping[str, object]) -> str:
    """Compute the id of a run from its settings as plain data, which any version may have written."""
    return f"run-{hashlib.sha256(orjson.dumps(config, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]}"
