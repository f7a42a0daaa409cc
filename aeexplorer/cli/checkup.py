"""Check a workspace and repair it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from aeexplorer.core.catalogue import Catalogue, open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import is_locked, lock
from aeexplorer.core.workspace import Workspace, sweep
from aeexplorer.data.hashing import content_hash
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.status import is_training
from aeexplorer.training.checkpoint import find_damage
from aeexplorer.training.run import Run
from aeexplorer.training.search.search import Search, Trial

_REPAIR = "Run `aeexplorer doctor --repair`"


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written."""

    where: str
    what: str
    fix: str


def check_workspace(workspace: Workspace) -> list[Problem]:
    """Everything that is wrong in a workspace; reads all datasets and checkpoints once, changes nothing."""
    checks = (_datasets, _runs, _searches, _queue, _catalogue, _left_behind)
    return [problem for check in checks for problem in check(workspace)]


def repair(workspace: Workspace) -> list[str]:
    """Rebuild the catalogue from the folders, mend searches and sweep staging; returns what was done, a sentence each.

    A search whose list of trials cannot be read goes on from an empty one: it comes to the same trials, and so to their runs.
    """
    for path in workspace.root.glob("catalogue.sqlite*"):
        path.unlink()
    datasets, runs = Catalogue(workspace).rebuild()
    swept = sweep(workspace)
    left = "folder" if swept == 1 else "folders"
    return [
        f"The catalogue was rebuilt from the folders: datasets {datasets}, runs {runs}.",
        f"{swept} half-made {left} swept from staging.",
        *filter(None, map(_mend, _readable(workspace))),
    ]


def _datasets(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.datasets.glob("ds-*")):
        try:
            record = orjson.loads((folder / "dataset.json").read_bytes())
            true_id = f"ds-{content_hash(folder, record)[:12]}"
        except (OSError, ValueError, KeyError, TypeError):
            yield Problem(folder.name, "its dataset.json cannot be read", f"Delete {folder}, and add the data again")
            continue
        if true_id != folder.name:
            yield Problem(folder.name, "its content is not what was stored", f"Delete {folder}, and add the data again")


def _runs(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.runs.glob("run-*")):
        run = Run(folder)
        try:
            config = run.config
        except (UserError, KeyError, TypeError):
            yield Problem(folder.name, "its run.json cannot be read", f"Delete {folder}")
            continue
        if not (workspace.dataset_folder(config.dataset) / "dataset.json").is_file():
            yield Problem(folder.name, f"its dataset {config.dataset} is gone", "Add the dataset again, or remove the run")
        if is_training(folder):
            continue
        for path in sorted((folder / "checkpoint").glob("*")):
            if reason := find_damage(path):
                yield Problem(f"{folder.name}, checkpoint {path.name}", reason, f"Delete {path}")


def _searches(workspace: Workspace) -> Iterator[Problem]:
    readable = {search.id: search for search in _readable(workspace)}
    for folder in sorted(workspace.searches.glob("search-*")):
        search = readable.get(folder.name)
        if search is None:
            yield Problem(folder.name, "its search.json cannot be read", f"Delete {folder}; the runs of its trials stay")
            continue
        dataset = search.config.base.dataset
        if not (workspace.dataset_folder(dataset) / "dataset.json").is_file():
            yield Problem(folder.name, f"its dataset {dataset} is gone", "Add the dataset again, or remove the search")
        for path in _damaged(search):
            yield Problem(folder.name, f"its {path.name} cannot be read", _REPAIR)
        for path in _remains(search):
            yield Problem(f"{folder.name}/{path.name}", "interrupted work left it", _REPAIR)
        for trial in _lost(search):
            yield Problem(f"{folder.name}, trial {trial.number + 1}", f"its run {trial.run_id} is gone", _REPAIR)


def _readable(workspace: Workspace) -> Iterator[Search]:
    """The searches whose settings can be read."""
    for folder in sorted(workspace.searches.glob("search-*")):
        search = Search(folder)
        try:
            _ = search.config, search.name
        except (UserError, KeyError, TypeError):
            continue
        yield search


def _damaged(search: Search) -> list[Path]:
    """Files of a search, beside its settings, that cannot be read."""
    found = []
    for path, read in ((search.folder / "trials.json", search.trials), (search.folder / "ended.json", lambda: search.ended)):
        try:
            read()
        except (ValueError, KeyError, TypeError):
            found.append(path)
    return found


def _remains(search: Search) -> list[Path]:
    """Temporary files that interrupted writing left; none while another process writes to the search."""
    with lock(search.folder / "lock") as held:
        return sorted(search.folder.glob(".*")) if held else []


def _lost(search: Search) -> list[Trial]:
    """Trials whose run was removed, and which do not say so yet."""
    if search.folder / "trials.json" in _damaged(search):
        return []
    return [t for t in search.trials() if t.end != "failed" and not (search.run(t).folder / "run.json").is_file()]


def _mend(search: Search) -> str:
    """Mend what can be; says what was done, or nothing where nothing was."""
    damaged, remains = _damaged(search), _remains(search)
    with lock(search.folder / "lock", timeout=float("inf")):
        for path in damaged:
            path.unlink()
        if damaged:
            (search.folder / "ended.json").unlink(missing_ok=True)
        for path in remains:
            path.unlink(missing_ok=True)
        lost = {trial.number for trial in _lost(search)}
        if lost:
            search.write_trials([replace(t, end="failed") if t.number in lost else t for t in search.trials()])
    done = [f"{path.name} could not be read, and it goes on from what it finds again" for path in damaged]
    done += [f"leftover files removed: {len(remains)}"] if remains else []
    done += [f"trials without a run noted as failed: {len(lost)}"] if lost else []
    return f"The search {search.name}: {'; '.join(done)}." if done else ""


def _queue(workspace: Workspace) -> Iterator[Problem]:
    for run_id in queued_ids(workspace):
        if not (workspace.run_folder(run_id) / "run.json").is_file():
            yield Problem(run_id, "it waits in the queue, but its folder is gone", "Start the app, which drops it")


def _catalogue(workspace: Workspace) -> Iterator[Problem]:
    catalogue = open_catalogue(workspace)
    indexed = {row.id for row in catalogue.datasets()} | {row.id for row in catalogue.runs()}
    records = [*workspace.datasets.glob("ds-*/dataset.json"), *workspace.runs.glob("run-*/run.json")]
    there = {path.parent.name for path in records}
    for name in sorted(there - indexed):
        yield Problem(name, "the catalogue does not list it", _REPAIR)
    for name in sorted(indexed - there):
        yield Problem(name, "the catalogue lists it, but its folder is gone", _REPAIR)


def _left_behind(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.staging.iterdir()):
        if not is_locked(folder):
            yield Problem(f"staging/{folder.name}", "interrupted work left it", _REPAIR)
