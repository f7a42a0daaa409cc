"""A file of JSON objects, one a line, as a stream of batches of strings."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa

from aeexplorer.data.readers.csv import clean_header
from aeexplorer.data.readers.prose import Prose
from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

SUFFIXES = (".jsonl", ".ndjson")
_BATCH, _BATCH_CHARACTERS = 1 << 13, 8 << 20
_LOOKED_AT = 1000


class JsonlSource:
    """The rows of a JSONL file; columns are the keys of its first thousand objects.

    Parameters
    ----------
    member
        The file; refused when it is no text, a line of it no object, or an object has too many keys.
    """

    decimal = "."
    first_row = 1

    def __init__(self, member: Member) -> None:
        self.member = member
        self.count: int | None = None
        self._lines = Prose(member)
        keys, nested = dict[str, None](), dict[str, None]()
        for record in islice(self._records(), _LOOKED_AT):
            keys |= dict.fromkeys(record)
            nested |= {key: None for key, value in record.items() if isinstance(value, dict | list)}
            if len(keys) > MAX_COLUMNS:
                raise member.rejected(f"its objects have more than {MAX_COLUMNS:,} keys", "Keep the keys you need")
        self._keys = [key for key in keys if key not in nested]
        if not self._keys:
            raise member.rejected("no object in it has plain values", 'Give a line {"text": "…", "label": "…"} a sample')
        self.names = clean_header(self._keys, member)
        self.notes = [*self._lines.notes, *(f"the key {key[:80]!r} holds lists or objects and was left out" for key in nested)]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, every column as strings; null where an object has no such key, or a nested value."""
        rows, size = list[list[str | None]](), 0
        for record in self._records():
            rows.append([_text(record.get(key)) for key in self._keys])
            size += sum(len(value or "") for value in rows[-1])
            if len(rows) >= _BATCH or size >= _BATCH_CHARACTERS:
                yield self._batch(rows)
                rows, size = [], 0
        if rows:
            yield self._batch(rows)

    def _batch(self, rows: list[list[str | None]]) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], self.names)

    def _records(self) -> Iterator[dict[str, Any]]:
        for number, line in self._lines.lines():
            if not line.strip():
                continue
            try:
                record = orjson.loads(line)
            except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
                reason = f"it is no readable JSON ({str(error)[:100]})"
                raise self.member.rejected(reason, "Write one object a line, in UTF-8", f"line {number}") from None
            if not isinstance(record, dict):
                reason = "it holds no object"
                raise self.member.rejected(reason, 'Write one object a line: {"text": "…", "label": "…"}', f"line {number}")
            yield record


def _text(value: Any) -> str | None:
    if value is None or value == "" or isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()
