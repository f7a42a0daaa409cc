"""Rows of a manifest, a CSV, JSON or JSONL file, as texts."""

import json
from typing import Any

import pyarrow as pa

from aeexplorer.data.readers.cells.table import understand_texts
from aeexplorer.data.readers.csv import CsvSource
from aeexplorer.data.readers.json_records import explain_json, load_json
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.names import compose
from aeexplorer.data.uploads.options import TableOptions

MANIFEST_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")
_MAX_BYTES = 64 << 20

Rows = list[dict[str, str]]


def read_rows(member: Member) -> tuple[Rows, list[str]]:
    """Read the rows of a manifest, with every value as trimmed text in NFC, empty where it is missing, and notes on the file.

    Raises
    ------
    UploadRejected
        If the file is too large or cannot be read.
    """
    content = member.read(_MAX_BYTES)
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        return [], []
    if member.suffix not in (".json", ".jsonl"):
        source = CsvSource(member)
        records = [row for batch in source.batches() for row in batch.to_pylist()]
        return [{compose(name): _to_text(value) for name, value in row.items()} for row in records], source.notes
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise member.rejected(f"the file is not UTF-8 text (byte {error.start:,})", "Save it as UTF-8") from None
    if member.suffix == ".json":
        return _to_rows(member, _parse(member, text, "")), []
    lines = enumerate(text.splitlines(), 1)
    return _to_rows(member, [_parse(member, line, f"row {i}") for i, line in lines if line.strip()]), []


def understand_rows(rows: Rows, file_column: str, options: TableOptions) -> tuple[Rows, list[str]]:
    """Rewrite the values of all columns but that of the files, see `understand_texts`; empty where missing."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name != file_column]
    texts = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    rewritten, notes = understand_texts(texts, options)
    values = {name: column.to_pylist() for name, column in rewritten.items()}
    return [row | {name: values[name][i] or "" for name in row if name != file_column} for i, row in enumerate(rows)], notes


def _parse(member: Member, text: str, where: str) -> Any:
    try:
        return load_json(text)
    except (ValueError, RecursionError) as error:
        raise member.rejected(f"the file is not readable JSON: {explain_json(error)}", "Save it again as JSON", where) from None


def _to_rows(member: Member, tree: Any) -> Rows:
    """Return the rows of a list of objects, or of one object that maps file names to labels."""
    if isinstance(tree, dict) and all(isinstance(value, str | int | float) for value in tree.values()):
        tree = [{"file": name, "label": value} for name, value in tree.items()]
    if not isinstance(tree, list) or not all(isinstance(row, dict) for row in tree):
        raise member.rejected("the file is not a list of objects", 'Write [{"file": "a.png", "label": "cat"}, …]')
    return [{compose(name): _to_text(value) for name, value in row.items()} for row in tree]


def _to_text(value: Any) -> str:
    if value is None or value != value:  # NaN differs from itself
        return ""
    return compose(value).strip() if isinstance(value, str) else json.dumps(value)
