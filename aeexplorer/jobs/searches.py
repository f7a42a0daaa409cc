"""Driving searches: trials are asked for, queued as ordinary runs, stopped where hopeless, and noted when they end.

All of it is in files, so that whoever drives next, after a restart, goes on from there. One process at a time holds a
search's lock.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import lock
from aeexplorer.core.workspace import Workspace, remove_folder
from aeexplorer.data.dataset import open_dataset
from aeexplorer.jobs.control import cancel, pause, submit
from aeexplorer.jobs.pool import WorkerPool
from aeexplorer.jobs.queue import queued_ids, tickets
from aeexplorer.jobs.requests import request, requested, withdraw_request
from aeexplorer.jobs.status import status, supervisor_is_live
from aeexplorer.training.create import create_run
from aeexplorer.training.search.search import End, Search, Trial, all_searches
from aeexplorer.training.search.study import hopeless, suggest

PERIOD = 0.2
"""Seconds between two looks of the one who watches."""
ENDS: dict[str, End] = {"finished": "finished", "cancelled": "pruned", "failed": "failed", "interrupted": "failed"}
"""How a trial ended, by the state of its run."""
WAITS = "Only paused trials are left: resume them on the page Train, or cancel the search."


@dataclass(frozen=True)
class SearchStatus:
    """A search at this moment."""

    state: Literal["running", "paused", "cancelled", "finished"]
    done: int
    """Trials that have ended."""
    total: int
    """Trials there will be, as far as is known."""
    message: str = ""
    """One sentence for people."""

    @property
    def active(self) -> bool:
        """Whether it will change by itself."""
        return self.state == "running"


def search_status(search: Search) -> SearchStatus:
    """What a search is doing."""
    trials, why = search.trials(), search.ended
    done = sum(trial.end is not None for trial in trials)
    if why is not None:
        return SearchStatus("finished", done, len(trials), why)
    wish = requested(search.folder)
    if wish:
        return SearchStatus("paused" if wish == "pause" else "cancelled", done, search.config.trials)
    waits = len(trials) == search.config.trials and all(trial.end or _is_paused(search, trial) for trial in trials)
    return SearchStatus("running", done, search.config.trials, WAITS if waits and done < len(trials) else "")


def drive_searches(workspace: Workspace, workers: int) -> None:
    """One step of every search that goes on, with so many workers between them."""
    for search in all_searches(workspace):
        if search_status(search).active:
            drive(search, workers)


def drive(search: Search, workers: int) -> None:
    """One step: note which trials ended, stop hopeless ones, queue new ones while there is room. Returns at once.

    Parameters
    ----------
    search
        Nothing happens if it is paused, cancelled or finished, or if another process drives it.
    workers
        How many the queue has; those that other runs want are left to them, but for one. A trial that was paused by hand
        keeps none.
    """
    with lock(search.folder / "lock") as held:
        if not held or not search_status(search).active:
            return
        before = search.trials()
        trials = [_followed(search, trial) for trial in before]
        trials = [_stopped_if_hopeless(search, trials, trial) for trial in trials]
        if trials != before:
            search.write_trials(trials)
        try:
            _fill(search, trials, workers)
        except UserError as error:
            search.end(f"It ended early: {error}")


def pause_search(search: Search) -> None:
    """Try nothing more, and let the trials in training write a checkpoint and stop."""
    _stop(search, "pause")


def cancel_search(search: Search) -> None:
    """Try nothing more, and end the trials in training; what they reached is kept."""
    _stop(search, "cancel")


def resume_search(search: Search) -> None:
    """Let a paused or cancelled search go on; harmless for any other."""
    with _steering(search):
        withdraw_request(search.folder)
        for trial in search.trials():
            if trial.end is None and search.run(trial).folder.exists() and _is_paused(search, trial):
                submit(search.workspace, search.run(trial), search.record["device"])


def remove_search(search: Search) -> None:
    """Delete a search; its trials stay, as runs.

    Raises
    ------
    UserError
        While it goes on.
    """
    with _steering(search):
        if search_status(search).active:
            raise UserError(f"the search {search.name} goes on", "Pause or cancel it first")
        remove_folder(search.workspace, search.folder)


def watch_search(search: Search) -> Iterator[SearchStatus]:
    """How a search stands, for as long as it goes on; where no supervisor serves the workspace, it is driven from here."""
    pool = WorkerPool(search.workspace)
    while (now := search_status(search)).active:
        if not supervisor_is_live(search.workspace):
            drive(search, pool.concurrency)
            mine = {trial.run_id for trial in search.trials()}
            pool.tend([ticket for ticket in tickets(search.workspace) if ticket.run_id in mine])
        yield now
        time.sleep(PERIOD)
    pool.join()
    yield now


def _followed(search: Search, trial: Trial) -> Trial:
    """A trial, with its end where it has one."""
    if trial.end is not None:
        return trial
    run = search.run(trial)
    if not (run.folder / "run.json").exists():
        return replace(trial, end="failed")
    state = status(run).state
    if state == "new":  # the one who asked for it was killed before it was queued
        submit(search.workspace, run, search.record["device"])
    return replace(trial, end=ENDS.get(state))


def _stopped_if_hopeless(search: Search, trials: list[Trial], trial: Trial) -> Trial:
    if trial.end is not None or trial.stopped or not search.config.pruning or _is_paused(search, trial):
        return trial
    if not hopeless(search, trials, trial):
        return trial
    cancel(search.workspace, search.run(trial))
    return replace(trial, stopped=True)


def _is_paused(search: Search, trial: Trial) -> bool:
    return status(search.run(trial)).state == "paused"


def _fill(search: Search, trials: list[Trial], workers: int) -> None:
    config, workspace = search.config, search.workspace
    open_dataset(workspace.dataset_folder(config.base.dataset))  # a search without its dataset ends
    while len(trials) < config.trials:
        going = {trial.run_id for trial in trials if trial.end is None and not _is_paused(search, trial)}
        others = len(set(queued_ids(workspace)) - going)
        if len(going) >= (config.parallel or max(1, workers - others)):
            return
        values = suggest(search, trials)
        if values is None:
            break
        settings = config.base.replace(dict(values))
        try:
            run = create_run(workspace, settings, f"{search.name} · {len(trials) + 1}", search.record["preset"])
        except UserError:  # these values do not fit the dataset: the trial fails, the search goes on
            trials.append(Trial(len(trials), settings.run_id, values, end="failed"))
            search.write_trials(trials)
            continue
        trials.append(Trial(len(trials), run.id, values))
        search.write_trials(trials)
        submit(workspace, run, search.record["device"])
    if all(trial.end is not None for trial in trials):
        search.end("" if len(trials) == config.trials else "Every combination was tried.")


def _stop(search: Search, wish: Literal["pause", "cancel"]) -> None:
    with _steering(search):
        if not search_status(search).active:
            return
        request(search.folder, wish)
        for trial in search.trials():
            if trial.end is None and (search.run(trial).folder / "run.json").exists():
                if wish == "pause":
                    pause(search.run(trial))
                else:
                    cancel(search.workspace, search.run(trial))


@contextmanager
def _steering(search: Search) -> Iterator[None]:
    with lock(search.folder / "lock", timeout=float("inf")):
        yield
