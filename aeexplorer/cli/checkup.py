"""Check and repair a workspace."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from aeexplorer.background.damage import find_dataset_damage, find_run_damage
from aeexplorer.background.mending import find_extras_damage, mend_dataset, mend_run
from aeexplorer.core.catalogue import Catalogue, open_catalogue
from aeexplorer.core.errors import UserError, reason_of
from aeexplorer.core.formats import NewerFormat
from aeexplorer.core.locks import is_locked, lock
from aeexplorer.core.workspace import Workspace, sweep
from aeexplorer.data.records import content_hash, read_dataset_record
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.status import is_training
from aeexplorer.training.checkpoint import find_damage
from aeexplorer.training.run import Run
from aeexplorer.training.search.search import Search, Trial

_REPAIR_FIX = "Run `aeexplorer doctor --repair`"


@dataclass(frozen=True)
class Problem:
    """A problem in a workspace.

    Parameters
    ----------
    where
        The dataset, run, checkpoint, search or folder.
    reason
        What is wrong.
    fix
        What the user can do about it.
    """

    where: str
    reason: str
    fix: str


def check_workspace(workspace: Workspace) -> list[Problem]:
    """List the problems of a workspace. Reads all datasets and checkpoints once, and changes nothing."""
    checks = (_check_datasets, _check_runs, _check_searches, _check_queue, _check_catalogue, _check_staging)
    return [problem for check in checks for problem in check(workspace)]


def repair_workspace(workspace: Workspace) -> list[str]:
    """Mend damaged runs, rebuild the catalogue from the folders, repair searches and clean up staging.

    Damaged results are computed again from the weights. Damaged datasets, and runs that cannot be mended, are set aside.

    A search whose list of trials cannot be read continues from an empty list. It proposes the same trials again, and so finds
    their runs.

    Returns
    -------
    list of str
        What was done, one sentence each.
    """
    mended = [mend_dataset(workspace, folder) for folder in sorted(workspace.datasets.glob("ds-*"))]
    mended += [mend_run(workspace, folder) for folder in sorted(workspace.runs.glob("run-*"))]
    for path in workspace.root.glob("catalogue.sqlite*"):
        path.unlink()
    datasets, runs = Catalogue(workspace).rebuild()
    swept = sweep(workspace)
    noun = "folder" if swept == 1 else "folders"
    return [
        f"The catalogue was rebuilt from the folders: datasets {datasets}, runs {runs}.",
        f"{swept} incomplete {noun} removed from staging.",
        *filter(None, mended),
        *filter(None, map(_repair_search, _readable_searches(workspace))),
    ]


def _check_datasets(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.datasets.glob("ds-*")):
        try:
            record = read_dataset_record(folder)
            expected_id = f"ds-{content_hash(folder, record)[:12]}"
        except NewerFormat as error:
            yield Problem(folder.name, error.reason, error.fix)
            continue
        except (OSError, ValueError) as error:
            yield Problem(folder.name, f"its dataset.json cannot be read ({reason_of(error)})", _REPAIR_FIX)
            continue
        if expected_id != folder.name:
            yield Problem(folder.name, "its content differs from what was stored", f"Delete {folder}, and add the data again")
        elif reason := find_dataset_damage(folder, deep=True):
            yield Problem(folder.name, reason, _REPAIR_FIX)


def _check_runs(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.runs.glob("run-*")):
        run = Run(folder)
        try:
            config = run.config
        except NewerFormat as error:
            yield Problem(folder.name, error.reason, error.fix)
            continue
        except UserError as error:
            yield Problem(folder.name, f"its run.json cannot be read ({error.reason})", _REPAIR_FIX)
            continue
        if not (workspace.datasets / Path(config.dataset).name / "dataset.json").is_file():
            yield Problem(folder.name, f"its dataset {config.dataset} is missing", "Add the dataset again, or remove the run")
        if is_training(folder):
            continue
        for path in sorted((folder / "checkpoint").glob("*")):
            if reason := find_damage(path):
                yield Problem(f"{folder.name}, checkpoint {path.name}", reason, f"Delete {path}")
        reason = find_run_damage(folder, deep=True)
        if reason and not reason.startswith(("its dataset", "checkpoint ")):
            yield Problem(folder.name, reason, _REPAIR_FIX)
        for reason in find_extras_damage(folder).values():
            yield Problem(folder.name, reason, _REPAIR_FIX)


def _check_searches(workspace: Workspace) -> Iterator[Problem]:
    readable = {search.id: search for search in _readable_searches(workspace)}
    for folder in sorted(workspace.searches.glob("search-*")):
        search = readable.get(folder.name)
        if search is None:
            yield Problem(folder.name, "its search.json cannot be read", f"Delete {folder}; the runs of its trials are kept")
            continue
        dataset = search.config.base.dataset
        if not (workspace.dataset_folder(dataset) / "dataset.json").is_file():
            yield Problem(folder.name, f"its dataset {dataset} is missing", "Add the dataset again, or remove the search")
        for path in _damaged_files(search):
            yield Problem(folder.name, f"its {path.name} cannot be read", _REPAIR_FIX)
        for path in _temporary_files(search):
            yield Problem(f"{folder.name}/{path.name}", "it was left by interrupted work", _REPAIR_FIX)
        for trial in _trials_without_run(search):
            yield Problem(f"{folder.name}, trial {trial.number + 1}", f"its run {trial.run_id} is missing", _REPAIR_FIX)


def _readable_searches(workspace: Workspace) -> Iterator[Search]:
    """Iterate over the searches whose settings can be read."""
    for folder in sorted(workspace.searches.glob("search-*")):
        search = Search(folder)
        try:
            _ = search.config, search.name
        except (UserError, KeyError, TypeError):
            continue
        yield search


def _damaged_files(search: Search) -> list[Path]:
    """List the files of a search, other than its settings, that cannot be read."""
    damaged = []
    for path, read in ((search.folder / "trials.json", search.trials), (search.folder / "ended.json", lambda: search.ended)):
        try:
            read()
        except (ValueError, KeyError, TypeError):
            damaged.append(path)
    return damaged


def _temporary_files(search: Search) -> list[Path]:
    """List temporary files left by interrupted writing; none while another process writes to the search."""
    with lock(search.folder / "lock") as acquired:
        return sorted(search.folder.glob(".*")) if acquired else []


def _trials_without_run(search: Search) -> list[Trial]:
    """List trials whose run was removed and that are not marked as failed yet."""
    if search.folder / "trials.json" in _damaged_files(search):
        return []
    return [t for t in search.trials() if t.end != "failed" and not (search.run(t).folder / "run.json").is_file()]


def _repair_search(search: Search) -> str:
    """Repair a search. Return a sentence about what was done, or an empty string."""
    damaged, temporary = _damaged_files(search), _temporary_files(search)
    with lock(search.folder / "lock", timeout=float("inf")):
        for path in damaged:
            path.unlink()
        if damaged:
            (search.folder / "ended.json").unlink(missing_ok=True)
        for path in temporary:
            path.unlink(missing_ok=True)
        without_run = {trial.number for trial in _trials_without_run(search)}
        if without_run:
            search.write_trials([replace(t, end="failed") if t.number in without_run else t for t in search.trials()])
    repairs = [f"{path.name} could not be read and will be rebuilt from the runs" for path in damaged]
    repairs += [f"leftover files removed: {len(temporary)}"] if temporary else []
    repairs += [f"trials without a run marked as failed: {len(without_run)}"] if without_run else []
    return f"The search {search.name}: {'; '.join(repairs)}." if repairs else ""


def _check_queue(workspace: Workspace) -> Iterator[Problem]:
    for run_id in queued_ids(workspace):
        if not (workspace.run_folder(run_id) / "run.json").is_file():
            yield Problem(
                run_id, "it is in the queue, but its folder is missing", "Start the app, which clears it from the queue"
            )


def _check_catalogue(workspace: Workspace) -> Iterator[Problem]:
    catalogue = open_catalogue(workspace)
    indexed = {row.id for row in catalogue.datasets()} | {row.id for row in catalogue.runs()}
    records = [*workspace.datasets.glob("ds-*/dataset.json"), *workspace.runs.glob("run-*/run.json")]
    stored = {path.parent.name for path in records}
    for name in sorted(stored - indexed):
        yield Problem(name, "the catalogue does not list it", _REPAIR_FIX)
    for name in sorted(indexed - stored):
        yield Problem(name, "the catalogue lists it, but its folder is missing", _REPAIR_FIX)


def _check_staging(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.staging.iterdir()):
        if not is_locked(folder):
            yield Problem(f"staging/{folder.name}", "it was left by interrupted work", _REPAIR_FIX)
