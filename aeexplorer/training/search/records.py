"""The records of a search's folder: ``search.json``, ``trials.json`` and ``ended.json``, checked as they are read."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from aeexplorer.core.errors import reason_of
from aeexplorer.core.formats import Format, Migration
from aeexplorer.core.workspace import read_json
from aeexplorer.training.records import SETTINGS_MIGRATIONS
from aeexplorer.training.search.space import Value

End = Literal["finished", "pruned", "failed", "diverged"]


def _migrate(step: Migration, record: dict[str, Any]) -> dict[str, Any]:
    return record | {"config": record["config"] | {"base": step(record["config"]["base"])}}


SEARCH_FORMAT = Format("search", tuple(partial(_migrate, step) for step in SETTINGS_MIGRATIONS))
"""Format of ``search.json``. Its settings hold those of a run, so it has the same migrations."""


class _Record(BaseModel):
    model_config = ConfigDict(strict=True)
    name: Annotated[str, Field(min_length=1, max_length=500)]
    preset: Annotated[str, Field(max_length=200)]
    device: Annotated[str, Field(max_length=40)]
    created: Annotated[float, Field(ge=0, le=9e9)]
    config: dict[str, Any]


class TrialRecord(BaseModel):
    """One entry of ``trials.json``, see `Trial`."""

    model_config = ConfigDict(strict=True)
    number: Annotated[int, Field(ge=0)]
    run_id: Annotated[str, Field(pattern=r"^run-[0-9a-f]{12}$")]
    values: dict[str, Value]
    end: End | None = None
    stopped: bool = False


def read_search_record(folder: Path) -> dict[str, Any]:
    """Read the ``search.json`` of a search's folder.

    Raises
    ------
    NewerFormat
        If a newer version of aeexplorer wrote it.
    OSError, ValueError
        If it is missing, cannot be read, or is no such record.
    """
    record = SEARCH_FORMAT.read(read_json(folder / "search.json"))
    _Record.model_validate(record)
    return record


def read_trial_records(path: Path) -> list[TrialRecord]:
    """Read a list of trials. Raises `OSError` or `ValueError` if it cannot be read, or is not numbered from 0."""
    tree = read_json(path)
    if not isinstance(tree, list):
        raise ValueError(f"{path.name} is no list")
    try:
        records = [TrialRecord.model_validate(row) for row in tree]
    except ValueError as error:
        raise ValueError(f"{path.name}, {reason_of(error)}") from None
    if [record.number for record in records] != [*range(len(records))]:
        raise ValueError(f"the trials in {path.name} are not numbered from 0")
    return records


def read_end_reason(path: Path) -> str:
    """Read why a search has ended. Raises `OSError` or `ValueError` if the file cannot be read."""
    tree = read_json(path)
    if not isinstance(tree, dict) or not isinstance(tree.get("why"), str):
        raise ValueError(f"{path.name} holds no reason")
    return str(tree["why"])
