"""Reader of files with one JSON object per line, which yields batches of strings."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa

from aeexplorer.data.readers.csv import clean_header
from aeexplorer.data.readers.text_file import TextFile
from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

SUFFIXES = (".jsonl", ".ndjson")
_BATCH_ROWS, _BATCH_CHARACTERS = 1 << 13, 8 << 20
_HEADER_RECORDS = 1000  # whose keys become columns
_EXAMPLE = '{"text": "…", "label": "…"}'


class JsonlSource:
    """Rows of a JSONL file; the columns are the keys of the first thousand objects.

    Parameters
    ----------
    member
        The file.

    Raises
    ------
    UploadRejected
        If the file is not text, a line is not an object, or the objects have too many keys or only nested values.
    """

    first_row = 1

    def __init__(self, member: Member) -> None:
        self.member = member
        self.n_rows: int | None = None
        self._file = TextFile(member)
        keys, nested = dict[str, None](), dict[str, None]()
        for record in islice(self._records(), _HEADER_RECORDS):
            keys |= dict.fromkeys(record)
            nested |= {key: None for key, value in record.items() if isinstance(value, dict | list)}
            if len(keys) > MAX_COLUMNS:
                raise member.rejected(f"the objects have more than {MAX_COLUMNS:,} keys", "Keep only the keys you need")
        self._keys = [key for key in keys if key not in nested]
        if not self._keys:
            raise member.rejected("no object has plain values", f"Write one line {_EXAMPLE} per sample")
        self.names = clean_header(self._keys, member)
        self.notes = [*self._file.notes, *(f"the key {key[:80]!r} holds lists or objects and was left out" for key in nested)]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, with every column as strings; null where an object lacks the key or its value is nested."""
        rows, size = list[list[str | None]](), 0
        for record in self._records():
            rows.append([_to_text(record.get(key)) for key in self._keys])
            size += sum(len(value or "") for value in rows[-1])
            if len(rows) >= _BATCH_ROWS or size >= _BATCH_CHARACTERS:
                yield self._to_batch(rows)
                rows, size = [], 0
        if rows:
            yield self._to_batch(rows)

    def _to_batch(self, rows: list[list[str | None]]) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], self.names)

    def _records(self) -> Iterator[dict[str, Any]]:
        for number, line in self._file.lines():
            if not line.strip():
                continue
            try:
                record = orjson.loads(line)
            except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
                reason = f"the line is not readable JSON ({str(error)[:100]})"
                raise self.member.rejected(reason, "Write one object per line, in UTF-8", f"line {number}") from None
            if not isinstance(record, dict):
                reason = "the line is not a JSON object"
                raise self.member.rejected(reason, f"Write one object per line: {_EXAMPLE}", f"line {number}")
            yield record


def _to_text(value: Any) -> str | None:
    if value is None or value == "" or isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()
