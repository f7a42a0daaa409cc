"""Objects of a JSON file: one per line, or all in one array, or as columns; with NaN and whole numbers of any length."""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from aeexplorer.data.readers.text_file import TextFile
from aeexplorer.data.uploads.members import Member

_MAX_BYTES = 64 << 20  # of a file that is not one object per line
_START_BYTES = 1 << 16
_EXAMPLE = '{"text": "…", "label": "…"}'
_NOT_ORJSON = re.compile(r"NaN|Infinity|\d{16,}")  # orjson refuses these, or rounds long numbers
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonRecords:
    """Objects of a JSON or JSONL file.

    Parameters
    ----------
    member
        The file.

    Raises
    ------
    UploadRejected
        If the file is not text, or it is neither one object per line nor a table as one piece of JSON.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self._file = TextFile(member)
        self.notes = list(self._file.notes)
        self._tree: list[dict[str, Any]] | None = None if self._has_lines() else self._read_whole()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self._tree is not None:
            yield from self._tree
            return
        for number, line in self._file.lines():
            if line.strip():
                record = self._parse(line, f"line {number}")
                if not isinstance(record, dict):
                    reason = "the line is not a JSON object"
                    raise self.member.rejected(reason, f"Write one object per line: {_EXAMPLE}", f"line {number}")
                yield record

    def _has_lines(self) -> bool:
        """Return whether the file has one object per line, by its first lines."""
        with self.member.open() as source:
            start = self._file.decode(source.read(_START_BYTES))
        lines = [line.strip() for line in start.splitlines() if line.strip()]
        if not lines or lines[0].startswith("["):
            return not lines
        if len(lines) > 1 or self.member.size > _START_BYTES:
            return (self.member.suffix != ".json" and lines[0] != "{") or (len(lines) > 1 and lines[1].startswith("{"))
        try:
            only = load_json(lines[0])
        except (ValueError, RecursionError):
            return True
        return not isinstance(only, dict) or _find_table(only) is None

    def _parse(self, text: str, where: str) -> Any:
        try:
            return load_json(text)
        except (ValueError, RecursionError) as error:
            reason = f"the {'line' if where else 'file'} is not readable JSON: {explain_json(error)}"
            fix = "Write one object per line, in UTF-8" if where else "Save it again as JSON"
            raise self.member.rejected(reason, fix, where) from None

    def _read_whole(self) -> list[dict[str, Any]]:
        if self.member.size > _MAX_BYTES:
            reason = f"it has {self.member.size:,} bytes, more than the {_MAX_BYTES:,} allowed for one piece of JSON"
            raise self.member.rejected(reason, "Write one object per line (JSONL)")
        tree = self._parse(self._file.decode(self.member.read(_MAX_BYTES)), "")
        table = _find_table(tree)
        if table is None:
            fix = 'Write a list of objects, [{"a": 1, "b": 2}, …], or one object per line'
            raise self.member.rejected("the file holds no list of objects", fix)
        records, key = table
        if key:
            self.notes.append(f"the table under the key {key[:80]!r} was read")
        return records


def explain_json(error: Exception) -> str:
    """Say what is wrong with a piece of JSON, from the error of `load_json`."""
    if isinstance(error, json.JSONDecodeError):
        return f"it goes wrong at line {error.lineno}, column {error.colno}"
    return "it is nested too deeply, or a number is too long"


def load_json(text: str) -> Any:
    """Parse JSON, also with NaN, Infinity and whole numbers of more than 64 bits. Raises `ValueError`."""
    if _NOT_ORJSON.search(text) and not _SURROGATE.search(text):
        return json.loads(text)
    try:
        return orjson.loads(text)
    except UnicodeEncodeError as error:
        raise json.JSONDecodeError(str(error), "", 0) from None


def _find_table(tree: Any) -> tuple[list[dict[str, Any]], str] | None:
    """Return the objects of a table, and the key under which it is; None if there is no table, or several."""
    records = _to_records(tree)
    if records or not isinstance(tree, dict):
        return (records, "") if records else None
    tables = {key: _to_records(value) for key, value in tree.items() if isinstance(value, list)}
    named = [(table, key) for key, table in tables.items() if table]
    return named[0] if len(named) == 1 else None


def _to_records(tree: Any) -> list[dict[str, Any]] | None:
    """Return the objects of a table in one of the usual forms; None if it is no table."""
    if isinstance(tree, list) and tree:
        if all(isinstance(row, dict) for row in tree):
            return tree
        if all(isinstance(row, list) and len(row) == len(tree[0]) for row in tree):
            has_header = all(isinstance(cell, str) for cell in tree[0])
            names = tree[0] if has_header else [f"column {i}" for i in range(1, len(tree[0]) + 1)]
            return [dict(zip(names, row, strict=True)) for row in tree[has_header:]]
        return None
    if not isinstance(tree, dict) or not tree:
        return None
    columns, values = tree.get("columns"), list(tree.values())
    if isinstance(columns, list) and isinstance(tree.get("data"), list):  # pandas, orient="split"
        return _to_records([[str(name) for name in columns], *tree["data"]])
    if all(isinstance(value, list) and len(value) == len(values[0]) and not _holds_objects(value) for value in values):
        return [dict(zip(tree, row, strict=True)) for row in zip(*values, strict=True)]
    if all(isinstance(value, dict) and value.keys() == values[0].keys() for value in values):
        if list(values[0]) == [str(i) for i in range(len(values[0]))]:  # columns, each with the numbers of the rows
            return [{name: column[i] for name, column in tree.items()} for i in values[0]]
        return [{"name": name, **row} for name, row in tree.items()]
    return None


def _holds_objects(values: list[Any]) -> bool:
    """Return whether values are rows, as in ``{"data": [{"a": 1}, …]}``, and not the cells of a column."""
    return bool(values) and all(isinstance(value, dict) for value in values)
