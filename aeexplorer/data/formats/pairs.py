"""Files of several kinds, texts and numbers that belong together by the rows of a manifest: one field per column."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.formats._manifest_rows import MANIFEST_SUFFIXES
from aeexplorer.data.formats._pair_fields import guess_pairs, store_pairs
from aeexplorer.data.formats._pair_table import LEADS_OUT, PairTable, file_formats, read_pair_table
from aeexplorer.data.formats.base import Format
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, TableOptions
from aeexplorer.data.uploads.staged import Staging


class Pairs(Format):
    """Manifest (CSV, JSON, JSONL) whose columns name files or hold texts and numbers → one field per column.

    Each row is a sample. A sample lacks a field if its row names no file, or its text or numbers are missing.
    """

    name = "pairs"
    reads = "files that belong together, with a CSV or JSONL whose rows name them"

    def claims_together(self, members: Sequence[Member]) -> bool:
        try:
            table = _find_table(members)
        except UploadRejected as error:
            return LEADS_OUT in error.cause  # refuse such paths in `read`, not as another format
        if table is None:
            return False
        options, _, _ = table.suggest()
        has_numbers = bool(options.number_columns) and PurePosixPath(table.member.name).stem.lower() == "metadata"
        return len(options.file_columns) > 1 or bool(options.caption_columns) or has_numbers

    def claims(self, member: Member) -> bool:
        return False

    def inspect(self, members: Sequence[Member]) -> Guess:
        return guess_pairs(_read_table(members), "pairs")

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        store_pairs(_read_table(members, options.table), options, staging)


def _find_table(members: Sequence[Member], options: TableOptions = TableOptions()) -> PairTable | None:
    """Return the first manifest that names files of the upload, or None."""
    candidates = [m for m in members if m.kind == "" and m.suffix in MANIFEST_SUFFIXES]
    if not candidates or len(candidates) == len(members):
        return None
    tables = (read_pair_table(member, members, file_formats(), options) for member in candidates)
    return next((table for table in tables if table.files), None)


def _read_table(members: Sequence[Member], options: TableOptions = TableOptions()) -> PairTable:
    table = _find_table(members, options)
    assert table is not None
    return table
