"""Searches in the background: trials are suggested, queued as ordinary runs, stopped if hopeless, and recorded when they end.

The whole state is in files, so that any process can continue a search, also after a restart. Only the process that holds a
search's lock advances it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from aeexplorer.core.disk import DiskFull, means_full_disk
from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import lock
from aeexplorer.core.logs import package_logger
from aeexplorer.core.workspace import Workspace, remove_folder
from aeexplorer.data.dataset import open_dataset
from aeexplorer.jobs.control import cancel, pause, submit
from aeexplorer.jobs.pool import WorkerPool
from aeexplorer.jobs.queue import queued_ids, read_tickets
from aeexplorer.jobs.requests import read_request, withdraw_request, write_request
from aeexplorer.jobs.retries import Retries
from aeexplorer.jobs.status import status, supervisor_is_live
from aeexplorer.training.create import create_run
from aeexplorer.training.search.search import End, Search, Trial, all_searches
from aeexplorer.training.search.study import should_prune, suggest

WATCH_INTERVAL_SECONDS = 0.2
"""Time between two statuses of `watch_search`."""
ENDS: dict[str, End] = {"finished": "finished", "cancelled": "pruned", "failed": "failed", "interrupted": "failed"}
"""End of a trial by the state of its run."""
MAX_FAILURES = 8
"""Unexpected errors in a row after which a search ends."""
FAILED = "The search ended early because of an unexpected error, {}: {}. Its trials are kept; remove it to search again."
ONLY_PAUSED = "Only paused trials are left: resume them on the page Train, or cancel the search."


_log = package_logger(__name__)


@dataclass(frozen=True)
class SearchStatus:
    """Status of a search at one moment."""

    state: Literal["running", "paused", "cancelled", "finished"]
    done: int
    """Number of trials that have ended."""
    total: int
    """Number of trials that the search will have, as far as is known."""
    message: str = ""
    """One sentence for people, or empty."""

    @property
    def active(self) -> bool:
        """Whether the state will change by itself: the search is running."""
        return self.state == "running"


def search_status(search: Search) -> SearchStatus:
    """Return the status of a search."""
    trials, end_reason = search.trials(), search.ended
    done = sum(trial.end is not None for trial in trials)
    if end_reason is not None:
        return SearchStatus("finished", done, len(trials), end_reason)
    request = read_request(search.folder)
    if request:
        return SearchStatus("paused" if request == "pause" else "cancelled", done, search.config.trials)
    is_waiting = len(trials) == search.config.trials and all(trial.end or _is_paused(search, trial) for trial in trials)
    return SearchStatus("running", done, search.config.trials, ONLY_PAUSED if is_waiting and done < len(trials) else "")


def advance_searches(workspace: Workspace, workers: int, retries: Retries) -> None:
    """Advance every running search by one round. The searches share the given number of workers.

    A search that fails does not disturb the others. It is tried again later, and ended after some failures in a row, unless
    the disk is full.
    """
    for search in all_searches(workspace):
        if not retries.is_due(search.id):
            continue
        with retries.attempt(search.id, f"the search {search.id} could not be advanced"):
            failure = retries.failure(search.id)
            if failure is not None and failure.count >= MAX_FAILURES and not means_full_disk(failure.error):
                search.end(FAILED.format(type(failure.error).__name__, failure.error))
            elif search_status(search).active:
                advance_search(search, workers)


def advance_search(search: Search, workers: int) -> None:
    """Advance a search by one round, and return at once.

    A round records which trials have ended, stops hopeless ones, and queues new ones while there is room. It does nothing if
    the search is paused, cancelled or finished, or if another process is advancing it.

    Parameters
    ----------
    search
        The search.
    workers
        Number of workers that serve the queue. Workers that other runs wait for are left to them, except for one. A trial
        that was paused by hand does not count as using a worker.
    """
    with lock(search.folder / "lock") as acquired:
        if not acquired or not search_status(search).active:
            return
        # record which trials have ended
        previous = search.trials()
        trials = [_update_end(search, trial) for trial in previous]
        # stop hopeless trials
        trials = [_stop_if_hopeless(search, trials, trial) for trial in trials]
        if trials != previous:
            search.write_trials(trials)
        # queue new ones
        try:
            _queue_trials(search, trials, workers)
        except DiskFull:
            raise
        except UserError as error:
            search.end(f"The search ended early: {error}")


def pause_search(search: Search) -> None:
    """Pause a search: start no more trials, and pause those that are training or queued."""
    _stop(search, "pause")


def cancel_search(search: Search) -> None:
    """Cancel a search: start no more trials, and cancel those that are training or queued. Their results so far are kept."""
    _stop(search, "cancel")


def resume_search(search: Search) -> None:
    """Resume a paused or cancelled search. Does nothing for any other."""
    with _search_lock(search):
        withdraw_request(search.folder)
        for trial in search.trials():
            if trial.end is None and search.run(trial).folder.exists() and _is_paused(search, trial):
                submit(search.workspace, search.run(trial), search.record["device"])


def remove_search(search: Search) -> None:
    """Delete a search. The runs of its trials stay.

    Raises
    ------
    UserError
        If the search is still running.
    """
    with _search_lock(search):
        if search_status(search).active:
            raise UserError(f"the search {search.name} is still running", "Pause or cancel it first")
        remove_folder(search.workspace, search.folder)


def watch_search(search: Search) -> Iterator[SearchStatus]:
    """Yield the status of a search until it is no longer running.

    Without a supervisor, this function advances the search and starts its workers itself.
    """
    pool = WorkerPool(search.workspace)
    while (current := search_status(search)).active:
        if not supervisor_is_live(search.workspace):
            advance_search(search, pool.concurrency)
            run_ids = {trial.run_id for trial in search.trials()}
            pool.serve([ticket for ticket in read_tickets(search.workspace) if ticket.run_id in run_ids])
        yield current
        time.sleep(WATCH_INTERVAL_SECONDS)
    pool.join()
    yield current


def _update_end(search: Search, trial: Trial) -> Trial:
    """Return a trial with its end, if its run has ended. Queue its run if it never was."""
    if trial.end is not None:
        return trial
    run = search.run(trial)
    if not (run.folder / "run.json").exists():
        return replace(trial, end="failed")
    try:
        current = status(run)
    except (OSError, ValueError, KeyError, TypeError) as error:  # damaged files of one run never end a search
        _log.warning("trial %d of %s failed: its run %s cannot be read (%s)", trial.number + 1, search.id, run.id, error)
        return replace(trial, end="failed")
    if current.diverged:
        return replace(trial, end="diverged")
    if current.state == "new":  # the process that created the run was killed before it queued the run
        submit(search.workspace, run, search.record["device"])
    return replace(trial, end=ENDS.get(current.state))


def _stop_if_hopeless(search: Search, trials: list[Trial], trial: Trial) -> Trial:
    """Cancel the run of a trial that should be pruned, and return the trial marked as stopped."""
    if trial.end is not None or trial.stopped or not search.config.pruning or _is_paused(search, trial):
        return trial
    if not should_prune(search, trials, trial):
        return trial
    cancel(search.workspace, search.run(trial))
    return replace(trial, stopped=True)


def _is_paused(search: Search, trial: Trial) -> bool:
    return status(search.run(trial)).state == "paused"


def _queue_trials(search: Search, trials: list[Trial], workers: int) -> None:
    """Queue new trials while there is room, and end the search once there are no more."""
    config, workspace = search.config, search.workspace
    open_dataset(workspace.dataset_folder(config.base.dataset))  # a missing dataset raises a UserError: the search ends
    while len(trials) < config.trials:
        running = {trial.run_id for trial in trials if trial.end is None and not _is_paused(search, trial)}
        other_runs = len(set(queued_ids(workspace)) - running)
        if len(running) >= (config.parallel or max(1, workers - other_runs)):
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


def _stop(search: Search, request: Literal["pause", "cancel"]) -> None:
    """Pause or cancel a search and its trials."""
    with _search_lock(search):
        if not search_status(search).active:
            return
        write_request(search.folder, request)
        for trial in search.trials():
            if trial.end is None and (search.run(trial).folder / "run.json").exists():
                if request == "pause":
                    pause(search.run(trial))
                else:
                    cancel(search.workspace, search.run(trial))


@contextmanager
def _search_lock(search: Search) -> Iterator[None]:
    """Hold the lock of a search for the duration of the ``with`` block. Other processes wait."""
    with lock(search.folder / "lock", timeout=float("inf")):
        yield
