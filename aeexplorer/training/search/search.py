"""A search for good settings: its folder holds the settings, and the list of trials, each of which is a run."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field as Bounds

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings, parse
from aeexplorer.core.workspace import Workspace, atomic_folder, write_json
from aeexplorer.data.dataset import open_dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.events import effective_history, read_events
from aeexplorer.training.run import Run
from aeexplorer.training.search.space import Choices, Range, Value, check_space

End = Literal["finished", "pruned", "failed"]


class SearchConfig(Settings):
    """Everything that decides what a search tries. Its digest names the search."""

    base: RunConfig
    """The settings of a run that are varied."""
    space: dict[str, Choices | Range]
    """What is varied: dotted paths of settings, and what they may be."""
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    """How the next trial is chosen: near what did well (Bergstra et al. 2011, NeurIPS 24), by chance, or one combination
    after the other, with five values of each range."""
    trials: Annotated[int, Bounds(ge=1, le=1000)] = 12
    """Trials at most; fewer where there are no more combinations."""
    objective: Literal["validation_mse", "validation_loss"] = "validation_mse"
    """What should be low. Losses can be compared only between trials that mean the same by them: not of different
    likelihoods, bottlenecks or betas."""
    pruning: bool = True
    """Whether a trial is stopped that, after a fifth of its epochs, has never been as good as the median of the finished
    ones was at that epoch."""
    parallel: Annotated[int, Bounds(ge=0, le=64)] = 0
    """Trials at once; 0 takes as many as there are free workers."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed of the choice of trials. Each trial's own seed is that of its run."""

    @property
    def search_id(self) -> str:
        """``search-`` and twelve hex digits of the settings' SHA-256."""
        return f"search-{self.digest()[:12]}"


@dataclass(frozen=True)
class Trial:
    """One set of values that is tried: a run.

    Parameters
    ----------
    number
        Its place, counted from 0.
    run_id
        The run.
    values
        Of the settings that are varied, by dotted path.
    end
        How it ended; None before.
    stopped
        Whether the search asked it to end early.
    """

    number: int
    run_id: str
    values: Mapping[str, Value]
    end: End | None = None
    stopped: bool = False


@dataclass(frozen=True)
class Search:
    """A search, read from its folder: ``search.json`` (settings), ``trials.json``, ``ended.json`` once it has ended."""

    folder: Path

    @property
    def id(self) -> str:
        """``search-`` and twelve hex digits of the settings' digest."""
        return self.folder.name

    @property
    def workspace(self) -> Workspace:
        """Where it lies."""
        return Workspace(self.folder.parent.parent)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """``name``, ``preset``, ``device``, ``config`` and ``created`` (seconds since 1970) as stored."""
        try:
            return orjson.loads((self.folder / "search.json").read_bytes())
        except (OSError, orjson.JSONDecodeError):
            raise UserError(f"there is no search {self.id} in this workspace", "Start one on the page Search") from None

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.record["name"])

    @cached_property
    def config(self) -> SearchConfig:
        """The settings."""
        config: SearchConfig = parse(SearchConfig, self.record["config"])
        return config

    def trials(self) -> list[Trial]:
        """The trials so far, oldest first."""
        path = self.folder / "trials.json"
        return [Trial(**trial) for trial in orjson.loads(path.read_bytes())] if path.exists() else []

    def write_trials(self, trials: list[Trial]) -> None:
        """Replace the list of trials; the caller holds the search's lock."""
        write_json(self.folder / "trials.json", [vars(trial) for trial in trials])

    @property
    def ended(self) -> str | None:
        """Why nothing more is tried, as a sentence; None while it goes on."""
        path = self.folder / "ended.json"
        return str(orjson.loads(path.read_bytes())["why"]) if path.exists() else None

    def end(self, why: str) -> None:
        """Note that nothing more is tried."""
        write_json(self.folder / "ended.json", {"why": why})

    def run(self, trial: Trial) -> Run:
        """The run of a trial; its folder may have been removed."""
        return Run(self.workspace.run_folder(trial.run_id))

    def curve(self, trial: Trial) -> Mapping[int, float]:
        """The objective of a trial at the end of each epoch so far."""
        return _curves(self.run(trial).folder)[self.config.objective]

    def value(self, trial: Trial) -> float | None:
        """The objective of the weights that a trial ended with; None where it has not, or not to its end."""
        curve = self.curve(trial)
        if trial.end != "finished" or not curve:
            return None
        if self.run(trial).config.training.patience:  # it went back to the weights of the lowest loss
            losses = _curves(self.run(trial).folder)["validation_loss"]
            return curve[min(losses, key=losses.__getitem__)]
        return curve[max(curve)]

    def ranked(self) -> list[tuple[float, Trial]]:
        """Objective and trial of those that finished, the best first."""
        found = [(value, trial) for trial in self.trials() if (value := self.value(trial)) is not None]
        return sorted(found, key=lambda pair: pair[0])


def create_search(workspace: Workspace, config: SearchConfig, name: str, preset: str = "", device: str = "auto") -> Search:
    """The search of these settings: a new folder, or the one that is there already. A supervisor lets it go on.

    Raises
    ------
    UserError
        If nothing is varied, a value does not fit, or the dataset has no validation split.
    """
    dataset = open_dataset(workspace.dataset_folder(config.base.dataset))
    if not len(dataset.ids("validation")):
        raise UserError(f"the dataset {dataset.name} has no validation split to compare trials by", "Divide it anew with one")
    check_space(config.base, config.space)
    with atomic_folder(workspace.searches, workspace.staging, config.search_id) as new:
        record = {"name": name, "preset": preset, "device": device, "created": time.time()}
        write_json(new.folder / "search.json", record | {"config": config.model_dump(mode="json")})
    return Search(workspace.search_folder(config.search_id))


def open_search(workspace: Workspace, search_id: str) -> Search:
    """The search with that id; raises `UserError` where there is none."""
    search = Search(workspace.search_folder(search_id))
    _ = search.record
    return search


def all_searches(workspace: Workspace) -> Iterator[Search]:
    """Every search of the workspace that can be read; `aeexplorer doctor` names the others."""
    for path in sorted(workspace.searches.glob("search-*/search.json")):
        search = Search(path.parent)
        try:
            _ = search.config, search.name, search.trials(), search.ended
        except (UserError, ValueError, KeyError, TypeError):
            continue
        yield search


def _curves(folder: Path) -> Mapping[str, Mapping[int, float]]:
    """Both objectives at the end of each epoch, by epoch."""
    path = folder / "events.jsonl"
    return _read_curves(path, path.stat().st_size if path.exists() else 0)


@lru_cache(maxsize=2048)
def _read_curves(path: Path, size: int) -> Mapping[str, Mapping[int, float]]:
    found: dict[str, dict[int, float]] = {"validation_mse": {}, "validation_loss": {}}
    for event in effective_history(read_events(path)):
        for name, curve in found.items():
            if name in event["metrics"]:
                curve[round(event["epoch"])] = float(event["metrics"][name])
    return found
