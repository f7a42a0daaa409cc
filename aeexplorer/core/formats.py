"""Versions of stored records, such as ``run.json``, and the migrations that bring older records to the present one.

A record is plain data with the number of its format under ``format``; without it, the record is of format 1. Each change that
makes stored data mean something else (a setting that is renamed or removed, another key) raises the version by one, with one
migration. Settings that are only added need none, see `aeexplorer.core.settings.Added`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from aeexplorer.core.errors import UserError, reason_of
from aeexplorer.core.workspace import read_json

FORMAT_KEY = "format"
"""Key of the version in a record."""

Migration = Callable[[dict[str, Any]], dict[str, Any]]
"""Function from the plain record of one version to that of the next version."""


class NewerFormat(UserError):
    """A file was written by a newer version of aeexplorer, in a format that this version does not know."""


@dataclass(frozen=True)
class Format:
    """Format of one kind of record.

    Parameters
    ----------
    noun
        What the record describes, for messages: ``run``, ``dataset``.
    migrations
        The first one turns a record of format 1 into one of format 2, and so on.
    """

    noun: str
    migrations: tuple[Migration, ...] = ()

    @property
    def version(self) -> int:
        """Version that is written: one more than there are migrations."""
        return 1 + len(self.migrations)

    def stamp(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record of the present version with its version in it."""
        return {FORMAT_KEY: self.version, **record}

    def read(self, record: object) -> dict[str, Any]:
        """Return a record as the present version has it.

        Raises
        ------
        NewerFormat
            If the record was written by a newer version of aeexplorer.
        ValueError
            If it is no record, or a migration does not fit it.
        """
        if not isinstance(record, dict):
            raise ValueError(f"the record is a {type(record).__name__}")
        version = record.get(FORMAT_KEY, 1)
        self.require_known(version)
        for migrate in self.migrations[version - 1 :]:
            try:
                record = migrate(record)
            except (KeyError, TypeError, AttributeError, IndexError) as error:
                raise ValueError(f"it is not a record of format {version} ({type(error).__name__}: {error})") from None
        return {**record, FORMAT_KEY: self.version}

    def require_known(self, version: object) -> None:
        """Raise `NewerFormat` if this version of aeexplorer cannot read the format, and `ValueError` if it is no format."""
        if type(version) is not int or version < 1:
            raise ValueError(f"its format is {version!r} instead of a number from 1")
        if version > self.version:
            raise NewerFormat(
                f"the {self.noun} was written by a newer version of aeexplorer, in format {version}; "
                f"this version reads formats up to {self.version}",
                "Update aeexplorer to open it",
            )


def read_record(path: Path, record_format: Format, content: type[BaseModel]) -> dict[str, Any]:
    """Read a record from its file, and check its content.

    Parameters
    ----------
    path
        The JSON file.
    record_format
        Format of the record.
    content
        What the record of the present version must hold.

    Raises
    ------
    NewerFormat
        If a newer version of aeexplorer wrote it.
    OSError, ValueError
        If it is missing, cannot be read, or is no such record.
    """
    tree = read_json(path)
    try:
        record = record_format.read(tree)
        content.model_validate(record)
    except NewerFormat:
        raise
    except ValueError as error:
        raise ValueError(f"{path.name}, {reason_of(error)}") from None
    return record
