"""What notebooks and the command line share: datasets and runs by name, training, embedding as a table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, clean_name
from aeexplorer.data.ingest.confined import Progress, ignore_progress
from aeexplorer.data.ingest.ingest import IngestLimits, IngestOptions, ingest, uploads_at
from aeexplorer.data.library import find_dataset
from aeexplorer.training.run import Run, all_runs


def add_dataset(
    path: Path | str,
    options: IngestOptions = IngestOptions(),
    workspace: Workspace | None = None,
    progress: Progress = ignore_progress,
    limits: IngestLimits = IngestLimits(),
) -> Dataset:
    """Bring in a file, or a folder of files, as a dataset; `limits` are those of the process that reads it.

    Raises
    ------
    UploadRejected
        Naming the file, the member, row or column, the reason and the fix.
    """
    source = Path(path).expanduser()
    chosen = options if options.name else options.replace({"name": clean_name(source.resolve().stem)})
    return ingest(workspace or Workspace.open(), uploads_at(source), chosen, progress, limits)


def load_dataset(name: str = "digits", workspace: Workspace | None = None, progress: Progress = ignore_progress) -> Dataset:
    """The dataset of that id or name, or the built-in one of that name, which is loaded on first use.

    Raises
    ------
    UserError
        If there is none, or several have the name.
    """
    return find_dataset(workspace or Workspace.open(), name, progress)


def open_run(name: str, workspace: Workspace | None = None) -> Run:
    """The run with that id (or so long a beginning of it that no other fits), or that name.

    Raises
    ------
    UserError
        If there is none, or several fit.
    """
    runs = list(all_runs(workspace or Workspace.open()))
    found = [run for run in runs if run.id == name] or [
        run for run in runs if run.name == name or (len(name) >= 6 and run.id.startswith(name))
    ]
    if not found:
        raise UserError(f"there is no run {name!r}", "List them with `aeexplorer runs list`")
    if len(found) > 1:
        raise UserError(f"several runs fit {name!r}: {', '.join(run.id for run in found)}", "Give the id of one")
    return found[0]


def new_run(workspace: Workspace, dataset: Dataset, preset: str, changes: Mapping[str, Any] | None = None, name: str = "") -> Run:
    """A run of a preset with some settings changed, not yet trained; the same settings give the run that is there already.

    Without a name of a preset it is the one that is proposed for the dataset.

    Raises
    ------
    UserError
        For settings that do not exist or fit the dataset; nothing is made then.
    """
    from aeexplorer.models.fitting import recommended_preset
    from aeexplorer.models.presets import presets
    from aeexplorer.training.create import create_run
    from aeexplorer.training.defaults import config_for

    preset = preset or recommended_preset(dataset.main_field)
    config = config_for(preset, dataset, changes)
    return create_run(workspace, config, clean_name(name or f"{dataset.name} · {presets()[preset].title}"), preset)


def new_folds(
    workspace: Workspace, dataset: Dataset, preset: str, folds: int, changes: Mapping[str, Any] | None = None, name: str = ""
) -> list[Run]:
    """The runs of a cross-validation, one a fold, not yet trained; otherwise as `new_run`."""
    from aeexplorer.models.fitting import recommended_preset
    from aeexplorer.models.presets import presets
    from aeexplorer.training.defaults import config_for
    from aeexplorer.training.folds import create_folds

    preset = preset or recommended_preset(dataset.main_field)
    config = config_for(preset, dataset, {**(changes or {}), "folds": folds})
    return create_folds(workspace, config, clean_name(name or f"{dataset.name} · {presets()[preset].title}"), preset)


def train(
    dataset: Dataset | str = "digits",
    preset: str = "",
    changes: Mapping[str, Any] | None = None,
    device: str = "auto",
    name: str = "",
    workspace: Workspace | None = None,
) -> Run:
    """Train in this process, from the last checkpoint where there is one, and return the finished run.

    Parameters
    ----------
    dataset
        A dataset, its name or id, or the name of a built-in one.
    preset
        One of `aeexplorer.models.presets.presets`, such as ``conv-ae``, ``vae`` or ``vq-vae``; by default the one that the
        page Train proposes for the data.
    changes
        Settings by dotted path, for example ``{"model.latent_dim": 2, "training.epochs": 5}``.
    device
        ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.
    name
        What people will call it; by default the names of the dataset and the preset.
    workspace
        Where it lies; by default the user's workspace.

    Raises
    ------
    UserError
        For settings that do not exist or fit, and when the training diverges.
    """
    from aeexplorer import jobs

    space = workspace or Workspace.open()
    chosen = load_dataset(dataset, space) if isinstance(dataset, str) else dataset
    run = new_run(space, chosen, preset, changes, name)
    if not run.finished:
        jobs.train(run, device)
    return run


def embed(run: Run, method: str = "pca", dims: int = 2) -> pa.Table:
    """Every sample of a run with its place in a projection: ``id``, ``label``, ``x``, ``y`` (``z``), and the latents ``z0`` …"""
    from aeexplorer.analysis.maps.projection import compute_projection

    projection = compute_projection(run, method, dims, limit=run.dataset.n)
    places = projection.xy.T
    columns: dict[str, Any] = {"id": pa.array(projection.ids)}
    table = run.dataset.table.take(projection.ids)
    columns["label"] = table["label"] if "label" in table.column_names else pa.nulls(len(table), pa.string())
    columns |= {axis: pa.array(values) for axis, values in zip("xyz", places, strict=False)}
    latents = run.latents(projection.ids)
    columns |= {f"z{i}": pa.array(latents[:, i]) for i in range(latents.shape[1])}
    return pa.table(columns)
