"""A search for good settings. Its folder holds the settings and the list of trials. Each trial is a run."""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field as Bounds

from aeexplorer.core.errors import Damaged, UserError, reason_of
from aeexplorer.core.formats import NewerFormat
from aeexplorer.core.settings import Settings, parse
from aeexplorer.core.workspace import Workspace, atomic_folder, remove_folder, write_json
from aeexplorer.data.dataset import open_dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import find_folders
from aeexplorer.training.events import effective_history, read_events
from aeexplorer.training.run import Run
from aeexplorer.training.search.records import SEARCH_FORMAT, End, read_end_reason, read_search_record, read_trial_records
from aeexplorer.training.search.space import Choices, Range, Value, check_space


class SearchConfig(Settings):
    """All settings of a search. Their digest is the id of the search."""

    base: RunConfig
    """Settings of a run, some of which are varied."""
    space: dict[str, Choices | Range]
    """Varied settings by dotted path, and the values that they may take."""
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    """How the next trial is chosen: tpe tries values near those that did well (Bergstra et al. 2011, NeurIPS 24), random draws
    values at random, grid tries every combination in turn, with five values of each range."""
    trials: Annotated[int, Bounds(ge=1, le=1000)] = 12
    """Trials at most; there are fewer if every combination has been tried."""
    objective: Literal["validation_mse", "validation_loss"] = "validation_mse"
    """Value that the search minimises. Losses can be compared only between trials with the same likelihood, bottleneck and
    beta."""
    pruning: bool = True
    """Whether to stop trials early if, after a fifth of their epochs, they have never been as good as the median of the
    finished trials at the same epoch."""
    parallel: Annotated[int, Bounds(ge=0, le=64)] = 0
    """Trials that are trained at the same time; 0 uses all free workers."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed for choosing the trials. Each trial is trained with the seed of its run."""

    @property
    def search_id(self) -> str:
        """Id of the search: ``search-`` and twelve hex digits of the settings' SHA-256."""
        return f"search-{self.digest()[:12]}"


@dataclass(frozen=True)
class Trial:
    """One trial of a search: a run with certain values of the varied settings.

    Parameters
    ----------
    number
        Number of the trial, counted from 0.
    run_id
        Id of the trial's run.
    values
        Values of the varied settings, by dotted path.
    end
        How the trial ended; None while it goes on.
    stopped
        Whether the search asked the run to end early.
    """

    number: int
    run_id: str
    values: Mapping[str, Value]
    end: End | None = None
    stopped: bool = False


@dataclass(frozen=True)
class Search:
    """A search, read from its folder: ``search.json`` (settings), ``trials.json``, and ``ended.json`` once it has ended."""

    folder: Path

    @property
    def id(self) -> str:
        """Id of the search: ``search-`` and twelve hex digits of the settings' digest."""
        return self.folder.name

    @property
    def workspace(self) -> Workspace:
        """Workspace that holds the search."""
        return Workspace(self.folder.parent.parent)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """Content of ``search.json``: ``name``, ``preset``, ``device``, ``config`` and ``created`` (seconds since 1970)."""
        try:
            return read_search_record(self.folder)
        except NewerFormat:
            raise
        except (OSError, ValueError) as error:
            if not self.folder.exists():
                raise UserError(f"there is no search {self.id} in this workspace", "Start one on the page Search") from None
            raise self.damaged(error) from None

    def damaged(self, error: Exception) -> Damaged:
        """Return the error that says that files of the search cannot be used, and why."""
        reason = f"the search {self.id} is damaged: {reason_of(error)}"
        return Damaged(reason, "Remove it under Search; `aeexplorer doctor --repair` mends what can be mended")

    @property
    def name(self) -> str:
        """Name of the search, for people."""
        return str(self.record["name"])

    @cached_property
    def config(self) -> SearchConfig:
        """Settings of the search."""
        config: SearchConfig = parse(SearchConfig, self.record["config"])
        return config

    def trials(self) -> list[Trial]:
        """Return the trials so far, oldest first. Raises `Damaged` if the list cannot be read."""
        path = self.folder / "trials.json"
        if not path.exists():
            return []
        try:
            return [Trial(**vars(record)) for record in read_trial_records(path)]
        except (OSError, ValueError) as error:
            raise self.damaged(error) from None

    def write_trials(self, trials: list[Trial]) -> None:
        """Replace the list of trials. The caller holds the search's lock."""
        write_json(self.folder / "trials.json", [vars(trial) for trial in trials])

    @property
    def ended(self) -> str | None:
        """Reason why the search has ended, as a sentence or empty; None while it goes on."""
        path = self.folder / "ended.json"
        if not path.exists():
            return None
        try:
            return read_end_reason(path)
        except (OSError, ValueError) as error:
            raise self.damaged(error) from None

    def end(self, reason: str) -> None:
        """Record that the search has ended."""
        write_json(self.folder / "ended.json", {"why": reason})

    def run(self, trial: Trial) -> Run:
        """Return the run of a trial. The folder of the run may have been removed."""
        return Run(self.workspace.run_folder(trial.run_id))

    def curve(self, trial: Trial) -> Mapping[int, float]:
        """Return the objective of a trial at the end of each epoch so far, by epoch; NaN where it was not finite."""
        return _curves(self.run(trial).folder)[self.config.objective]

    def value(self, trial: Trial) -> float | None:
        """Return the objective of a trial's final weights; None if the trial has not finished, or the value is not finite."""
        curve = self.curve(trial)
        if trial.end != "finished" or not curve:
            return None
        last = max(curve)
        if trial.values.get("training.patience", self.config.base.training.patience):
            # early stopping returned to the weights with the lowest loss
            losses = _curves(self.run(trial).folder)["validation_loss"]
            last = min((epoch for epoch in losses if math.isfinite(losses[epoch])), key=losses.__getitem__, default=last)
        return curve[last] if math.isfinite(curve[last]) else None

    def ranked(self) -> list[tuple[float, Trial]]:
        """Return objective and trial of the finished trials, the best first. Trials that diverged have no rank."""
        pairs = [(value, trial) for trial in self.trials() if (value := self.value(trial)) is not None]
        return sorted(pairs, key=lambda pair: pair[0])


def create_search(workspace: Workspace, config: SearchConfig, name: str, preset: str = "", device: str = "auto") -> Search:
    """Create a search, which a supervisor then runs. The same settings are one search: an existing one is returned as it is.

    Parameters
    ----------
    workspace
        Holds the dataset, and will hold the search.
    config
        Settings of the search.
    name
        The search's name, for people.
    preset
        Name of the preset that the settings started from.
    device
        Where to train: ``auto`` (CUDA if available), ``cpu``, ``cuda`` or ``cuda:1``.

    Raises
    ------
    UserError
        If nothing is varied, a value does not fit, or the dataset has no validation split.
    """
    dataset = open_dataset(workspace.dataset_folder(config.base.dataset))
    if not len(dataset.ids("validation")):
        raise UserError(
            f"the dataset {dataset.name} has no validation split to compare trials by", "Split it again with a validation share"
        )
    check_space(config.base, config.space)
    (existing,) = find_folders(workspace.searches, "search.json", [config.search_id], {config.base.dataset}, _search_id)
    if existing is not None:
        return Search(existing)
    with atomic_folder(workspace.searches, workspace.staging, config.search_id) as new:
        record = {"name": name, "preset": preset, "device": device, "created": time.time()}
        write_json(new.folder / "search.json", SEARCH_FORMAT.stamp(record | {"config": config.stored()}))
    return Search(workspace.search_folder(config.search_id))


def open_search(workspace: Workspace, search_id: str) -> Search:
    """Open a search by its id.

    Raises
    ------
    UserError
        If there is no such search.
    """
    search = Search(workspace.search_folder(search_id))
    _ = search.record
    return search


def all_searches(workspace: Workspace) -> Iterator[Search]:
    """Iterate over the searches of a workspace that can be read. `aeexplorer doctor` names the others."""
    for folder in sorted(workspace.searches.glob("search-*")):
        if not _damage(search := Search(folder)):
            yield search


def damaged_searches(workspace: Workspace) -> dict[str, str]:
    """Return the reason why each damaged search of a workspace cannot be used, by its id."""
    folders = sorted(workspace.searches.glob("search-*"))
    return {folder.name: reason for folder in folders if (reason := _damage(Search(folder)))}


def remove_damaged_search(workspace: Workspace, search_id: str) -> None:
    """Delete the folder of a search that cannot be read. The runs of its trials stay."""
    remove_folder(workspace, workspace.search_folder(search_id))


def _damage(search: Search) -> str:
    try:
        _ = search.config, search.name, search.trials(), search.ended
    except UserError as error:
        return error.reason.removeprefix(f"the search {search.id} is damaged: ")
    return ""


@lru_cache(maxsize=512)
def _search_id(content: bytes) -> str:
    """Return the id that the settings in a ``search.json`` have in this version; an empty text if they cannot be read."""
    try:
        config: SearchConfig = parse(SearchConfig, SEARCH_FORMAT.read(orjson.loads(content))["config"])
    except (ValueError, KeyError, TypeError):
        return ""
    return config.search_id


def _curves(folder: Path) -> Mapping[str, Mapping[int, float]]:
    """Return both objectives at the end of each epoch, by name and epoch."""
    path = folder / "events.jsonl"
    return _read_curves(path, path.stat().st_size if path.exists() else 0)


@lru_cache(maxsize=2048)
def _read_curves(path: Path, size: int) -> Mapping[str, Mapping[int, float]]:
    """Read the curves from an event log. The size is part of the cache key, so that a longer log is read again."""
    curves: dict[str, dict[int, float]] = {"validation_mse": {}, "validation_loss": {}}
    for event in effective_history(read_events(path)):
        for name, curve in curves.items():
            if name in event["metrics"]:
                curve[round(event["epoch"])] = float(event["metrics"][name])
    return curves
