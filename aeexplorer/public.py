"""The Python API shared by notebooks and the command line: find datasets and runs by name, train, and embed."""

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
    """Add a file, or a folder of files, as a dataset.

    Parameters
    ----------
    path
        The file or folder.
    options
        How to read the files. Without a name, the dataset gets the name of the file.
    workspace
        The workspace to store the dataset in; by default the user's workspace.
    progress
        Receives the fraction that is done and a text.
    limits
        Limits of the process that reads the files.

    Returns
    -------
    Dataset
        The stored dataset.

    Raises
    ------
    UploadRejected
        If the files cannot be read. The message names the file, the member, row or column, the reason and the fix.
    """
    source = Path(path).expanduser()
    chosen = options if options.name else options.replace({"name": clean_name(source.resolve().stem)})
    return ingest(workspace or Workspace.open(), uploads_at(source), chosen, progress, limits)


def load_dataset(name: str = "digits", workspace: Workspace | None = None, progress: Progress = ignore_progress) -> Dataset:
    """Load a dataset by its id or name. A built-in dataset is stored in the workspace on first use.

    Parameters
    ----------
    name
        Id or name of a dataset in the workspace, or name of a built-in dataset.
    workspace
        The workspace; by default the user's workspace.
    progress
        Receives the fraction that is done and a text.

    Raises
    ------
    UserError
        If no dataset has this id or name, or several datasets have this name.
    """
    return find_dataset(workspace or Workspace.open(), name, progress)


def open_run(name: str, workspace: Workspace | None = None) -> Run:
    """Open a run by its id, a unique beginning of its id, or its name.

    Parameters
    ----------
    name
        Id of a run, its first six or more characters, or its name.
    workspace
        The workspace; by default the user's workspace.

    Raises
    ------
    UserError
        If no run or several runs match.
    """
    runs = list(all_runs(workspace or Workspace.open()))
    matches = [run for run in runs if run.id == name] or [
        run for run in runs if run.name == name or (len(name) >= 6 and run.id.startswith(name))
    ]
    if not matches:
        raise UserError(f"there is no run {name!r}", "List the runs with `aeexplorer runs list`")
    if len(matches) > 1:
        raise UserError(f"several runs match {name!r}: {', '.join(run.id for run in matches)}", "Give the id of one")
    return matches[0]


def new_run(workspace: Workspace, dataset: Dataset, preset: str, changes: Mapping[str, Any] | None = None, name: str = "") -> Run:
    """Create a run from a preset and changed settings, without training it.

    Parameters
    ----------
    workspace
        The workspace to store the run in.
    dataset
        The dataset.
    preset
        Name of a preset; an empty string for the one recommended for the dataset.
    changes
        Settings by dotted path.
    name
        Name of the run, for people; by default the names of the dataset and the preset.

    Returns
    -------
    Run
        The new run, or the existing run with the same settings.

    Raises
    ------
    UserError
        If a setting does not exist or does not fit the dataset. Nothing is stored.
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
    """Create the runs of a cross-validation, one per fold, without training them.

    Parameters and errors are those of `new_run`; `folds` is the number of folds.
    """
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
    """Train an autoencoder in this process. An unfinished run resumes from its last checkpoint.

    The training computes with as many threads as a worker of the app would, so on one machine the same settings give the same
    numbers wherever they are trained. Machines with other numbers of cores, or another ``OMP_NUM_THREADS``, change the threads
    and with them the rounding, by about one millionth; with ``training.deterministic`` there is always one thread.

    Parameters
    ----------
    dataset
        A dataset, its name or id, or the name of a built-in dataset.
    preset
        One of `aeexplorer.models.presets.presets`, such as ``conv-ae``, ``vae`` or ``vq-vae``; by default the preset that
        the page Train recommends for the data.
    changes
        Settings by dotted path, for example ``{"model.latent_dim": 2, "training.epochs": 5}``.
    device
        ``auto`` (CUDA if available), ``cpu`` or ``cuda``.
    name
        Name of the run, for people; by default the names of the dataset and the preset.
    workspace
        The workspace; by default the user's workspace.

    Returns
    -------
    Run
        The finished run. A run with the same settings that has finished before is returned without training.

    Raises
    ------
    UserError
        If a setting does not exist or does not fit the dataset, or the training diverges.
    """
    from aeexplorer import jobs

    space = workspace or Workspace.open()
    loaded = load_dataset(dataset, space) if isinstance(dataset, str) else dataset
    run = new_run(space, loaded, preset, changes, name)
    if not run.finished:
        jobs.train(run, device)
    return run


def embed(run: Run, method: str = "pca", dims: int = 2) -> pa.Table:
    """Project the latents of all samples of a run.

    Parameters
    ----------
    run
        A finished run.
    method
        Name of a projection method, such as ``pca`` or ``umap``.
    dims
        Dimensions of the projection, 2 or 3.

    Returns
    -------
    pyarrow.Table
        One row per sample, with the columns ``id``, ``label``, ``x``, ``y`` (and ``z``), and the latents ``z0``, ``z1`` …

    Raises
    ------
    UserError
        If the method does not exist or does not fit the run.
    """
    from aeexplorer.analysis.maps.projection import compute_projection

    projection = compute_projection(run, method, dims, limit=run.dataset.n)
    columns: dict[str, Any] = {"id": pa.array(projection.ids)}
    table = run.dataset.table.take(projection.ids)
    columns["label"] = table["label"] if "label" in table.column_names else pa.nulls(len(table), pa.string())
    columns |= {axis: pa.array(values) for axis, values in zip("xyz", projection.xy.T, strict=False)}
    latents = run.latents(projection.ids)
    columns |= {f"z{i}": pa.array(latents[:, i]) for i in range(latents.shape[1])}
    return pa.table(columns)
