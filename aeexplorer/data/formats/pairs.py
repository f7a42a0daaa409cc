"""Files of several kinds, texts and numbers that belong together, row by row of a manifest: one field each."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.formats._columns_of_pairs import Manifest, formats_of_files, read_manifest
from aeexplorer.data.formats._manifest import MANIFESTS
from aeexplorer.data.formats._paired import guess_of, store
from aeexplorer.data.formats.base import Format
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging


class Pairs(Format):
    """A manifest (CSV, JSON, JSONL) whose columns name files, or hold texts and numbers → a field each.

    A row is a sample. Where a row names no file, or its text or numbers are missing, the sample lacks that field.
    """

    name = "pairs"
    reads = "files that belong together, with a CSV or JSONL whose rows name them"

    def takes(self, members: Sequence[Member]) -> bool:
        try:
            found = _found(members)
        except UploadRejected as error:
            return "leads out of the upload" in error.cause
        if found is None:
            return False
        chosen, _, _ = found.suggested()
        numbers = bool(chosen.number_columns) and PurePosixPath(found.member.name).stem.lower() == "metadata"
        return len(chosen.file_columns) > 1 or bool(chosen.caption_columns) or numbers

    def claims(self, member: Member) -> bool:
        return False

    def inspect(self, members: Sequence[Member]) -> Guess:
        return guess_of(_of(members), "pairs")

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        store(_of(members), options, staging)


def _found(members: Sequence[Member]) -> Manifest | None:
    """The first manifest that names files of the upload, if there is one."""
    candidates = [m for m in members if m.kind == "" and m.suffix in MANIFESTS]
    if not candidates or len(candidates) == len(members):
        return None
    found = (read_manifest(member, members, formats_of_files()) for member in candidates)
    return next((manifest for manifest in found if manifest.files), None)


def _of(members: Sequence[Member]) -> Manifest:
    found = _found(members)
    assert found is not None
    return found
