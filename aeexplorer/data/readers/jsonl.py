"""Reader of JSON files, with one object per line or a table as one piece, which yields batches of strings."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from aeexplorer.data.readers.csv import clean_header
from aeexplorer.data.readers.json_records import JsonRecords
from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

SUFFIXES = (".jsonl", ".ndjson", ".json")
_BATCH_ROWS, _BATCH_CHARACTERS = 1 << 13, 8 << 20
_HEADER_RECORDS = 1000  # whose keys become columns
_EXAMPLE = '{"text": "…", "label": "…"}'


class JsonlSource:
    """Rows of a JSON or JSONL file; the columns are the keys of the first thousand objects.

    Parameters
    ----------
    member
        The file.

    Raises
    ------
    UploadRejected
        If the file is not text or holds no objects, or the objects have too many keys or only nested values.
    """

    first_row = 1

    def __init__(self, member: Member) -> None:
        self.member = member
        self.n_rows: int | None = None
        self._records = JsonRecords(member)
        keys, nested = dict[str, None](), dict[str, None]()
        for record in islice(self._records, _HEADER_RECORDS):
            keys |= dict.fromkeys(record)
            nested |= {key: None for key, value in record.items() if isinstance(value, dict | list)}
            if len(keys) > MAX_COLUMNS:
                raise member.rejected(f"the objects have more than {MAX_COLUMNS:,} keys", "Keep only the keys you need")
        self._keys = [key for key in keys if key not in nested]
        if not self._keys:
            raise member.rejected("no object has plain values", f"Write one line {_EXAMPLE} per sample")
        self.names = clean_header(self._keys, member)
        self.notes = [*self._records.notes, *(f"the key {key[:80]!r} holds lists or objects and was left out" for key in nested)]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, with every column as strings; null where an object lacks the key or its value is nested."""
        rows, size = list[list[str | None]](), 0
        for record in self._records:
            rows.append([_to_text(record.get(key)) for key in self._keys])
            size += sum(len(value or "") for value in rows[-1])
            if len(rows) >= _BATCH_ROWS or size >= _BATCH_CHARACTERS:
                yield self._to_batch(rows)
                rows, size = [], 0
        if rows:
            yield self._to_batch(rows)

    def _to_batch(self, rows: list[list[str | None]]) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], self.names)


def _to_text(value: Any) -> str | None:
    """Convert a plain value to text; None where it is missing or nested."""
    if value is None or value == "" or isinstance(value, dict | list) or value != value:  # NaN differs from itself
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
