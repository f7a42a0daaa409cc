"""Read the bytes of a table in this process, as the confined child does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aeexplorer.data.readers.cells.table import UnderstoodTable
from aeexplorer.data.readers.csv import CsvSource
from aeexplorer.data.uploads.members import Member, open_upload
from aeexplorer.data.uploads.options import TableOptions


@contextmanager
def opened(name: str, content: bytes) -> Iterator[Member]:
    """The only member of an upload."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        with open_upload([(name, path)]) as upload:
            yield upload.members[0]


def read_csv(content: str | bytes, name: str = "t.csv", **options: object) -> tuple[dict[str, list[str | None]], list[str]]:
    """Columns and notes of a CSV file, with the options of the group ``table``."""
    data = content.encode() if isinstance(content, str) else content
    with opened(name, data) as member:
        table = UnderstoodTable(CsvSource(member), TableOptions().replace(dict(options)))
        batches = list(table.batches())
    columns = {name: [value for b in batches for value in b.column(name).to_pylist()] for name in table.names}
    return columns, table.notes
