"""Table of pairs: a manifest whose rows are samples and whose columns are file names, texts, labels or numbers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from aeexplorer.core.registry import collect
from aeexplorer.data.formats._manifest import FILE_NAMES, LABEL_NAMES, index_files
from aeexplorer.data.formats._manifest_rows import read_rows
from aeexplorer.data.formats._table_plan import suggest_roles
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.cells.missing import parse_missing_texts
from aeexplorer.data.readers.cells.table import understand_texts
from aeexplorer.data.readers.columns import Column, scan_columns
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import ColumnGuess, PairOptions, TableOptions

LEADS_OUT = "leads out of the upload"
"""End of the reason for which a path outside the upload is refused."""
_TEXT_NAMES = ("text", "texts", "caption", "captions", "description", "sentence", "title", "transcript", "transcription")


@dataclass(frozen=True)
class FileColumn:
    """A column that names files of one format."""

    format: Format
    members: Sequence[Member | None]
    """File of each row; None where a row has none."""
    absent: Sequence[tuple[int, str]]
    """Row (from 1) and name of the files that are named but not in the upload."""

    @property
    def present(self) -> np.ndarray:
        """Which rows have a file: bool ``(n,)``."""
        return np.array([m is not None for m in self.members])


@dataclass(frozen=True)
class PairTable:
    """A manifest whose rows are samples."""

    member: Member
    n: int
    """Number of rows."""
    texts: Mapping[str, pa.Array]
    """All columns in order, as texts; null where missing."""
    files: Mapping[str, FileColumn]
    """Columns that name files."""
    columns: Mapping[str, Column]
    """Statistics of the other columns."""
    leftover: Sequence[Member] = ()
    """Files that no row names, other than the manifest."""
    classes: Sequence[str] = ()
    """Columns that the file declares as labels. The first is used as labels, and none is learned."""
    notes: Sequence[str] = ()
    """Further notes for the user."""

    @property
    def names(self) -> Sequence[str]:
        """Names of all columns."""
        return list(self.texts)

    def suggest(self) -> tuple[PairOptions, str, tuple[ColumnGuess, ...]]:
        """Suggest the use of each column.

        Returns
        -------
        options
            Columns that become fields.
        label
            Column of the labels, or an empty text.
        guesses
            All columns, for the upload form.
        """
        by_name = [n for n, c in self.columns.items() if n.lower() in LABEL_NAMES and c.kind in ("categorical", "numeric")]
        declared = [n for n in self.classes if self.columns[n].kind not in ("empty", "constant")]
        label = next(iter([*declared, *by_name]), "")
        texts = [n for n, c in self.columns.items() if n not in (label, *self.classes) and self._is_text(c)]
        others = [c for n, c in self.columns.items() if n not in (label, *self.classes, *texts)]
        roles = {g.name: g for g in suggest_roles(others)}
        numbers = tuple(n for n, g in roles.items() if g.role in ("feature", "label"))
        guesses = []
        for name in self.names:
            if name in self.files:
                guesses.append(self._guess_files(name))
            elif name in texts:
                guesses.append(self.columns[name].guess("feature", ""))
            elif name == label:
                guesses.append(self.columns[name].guess("label", ""))
            elif name in self.classes:
                guesses.append(self.columns[name].guess("beside", "it holds labels"))
            else:
                guess = roles[name]
                guesses.append(guess if guess.role != "label" else self.columns[name].guess("feature", ""))
        options = PairOptions(file_columns=tuple(self.files), caption_columns=tuple(texts), number_columns=numbers)
        return options, label, tuple(guesses)

    def _guess_files(self, name: str) -> ColumnGuess:
        values = self.texts[name].drop_null()
        example = values[0].as_py()[:80] if len(values) else ""
        missing = self.n - len(values)
        return ColumnGuess(name=name, kind="file", role="feature", missing=missing, distinct=None, example=example)

    @staticmethod
    def _is_text(column: Column) -> bool:
        return column.is_prose or (column.name.lower() in _TEXT_NAMES and column.kind in ("text", "categorical"))


def read_pair_table(
    member: Member, members: Sequence[Member], formats: Sequence[Format], options: TableOptions = TableOptions()
) -> PairTable:
    """Read a file of an upload as a manifest of the other files.

    Parameters
    ----------
    member
        The manifest.
    members
        All files, including the manifest.
    formats
        Formats whose files may be named, in the order in which they are tried.
    options
        How the texts of the manifest are read.

    Raises
    ------
    UploadRejected
        If the manifest cannot be read, or a row names a path outside the upload.
    """
    rows, notes = read_rows(member)
    missing = {"", *parse_missing_texts(options.missing_texts)}
    names = list(dict.fromkeys(name for row in rows for name in row))
    files = [m for m in members if m is not member]
    index = index_files(files)
    folder = PurePosixPath(member.name.replace("\\", "/")).parent
    columns: dict[str, FileColumn] = {}
    for name in names:
        # files that the values of the column name
        values = [row.get(name, "").replace("\\", "/") for row in rows]
        names_files = name.lower() in FILE_NAMES  # in other columns, 7 is a number and not 7.png
        places = [
            index.get(str(folder / value.removeprefix("./")), index.get(value)) if names_files or "." in value else None
            for value in values
        ]
        named = [files[place] for place in places if place is not None]
        if not named or 2 * len(named) < sum(value.lower() not in missing for value in values):
            continue
        # format that claims all of them
        distinct = set(named)
        format = next((f for f in formats if all(f.claims(m) for m in distinct)), None)
        if format is None:
            continue
        for number, value in enumerate(values, 1):
            if ".." in value.split("/") or value.startswith("/"):
                raise member.rejected(f"the path {value!r} {LEADS_OUT}", "Name only files of the upload", f"row {number}")
        pairs = enumerate(zip(values, places, strict=True), 1)
        absent = [(i, value) for i, (value, place) in pairs if place is None and value.lower() not in missing]
        # skip a column that names the same files as another
        column_members = [None if p is None else files[p] for p in places]
        if not any(column.members == column_members for column in columns.values()):
            columns[name] = FileColumn(format, column_members, absent)
    texts = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    understood, reading_notes = understand_texts({n: values for n, values in texts.items() if n not in columns}, options)
    texts = {name: understood.get(name, _to_array(texts[name], missing)) for name in names}
    used = {id(m) for column in columns.values() for m in column.members if m is not None}
    leftover = [m for m in files if id(m) not in used]
    others = scan_texts({name: values for name, values in texts.items() if name not in columns})
    return PairTable(member, len(rows), texts, columns, others, leftover, notes=[*notes, *reading_notes])


def scan_texts(texts: Mapping[str, pa.Array]) -> dict[str, Column]:
    """Collect the statistics of columns of texts."""
    if not texts:
        return {}
    columns, _ = scan_columns(list(texts), [pa.RecordBatch.from_arrays(list(texts.values()), names=list(texts))], ".")
    return {c.name: c for c in columns}


def file_formats() -> list[Format]:
    """Return the formats with one sample per file, in the order in which they are tried."""
    formats = [kind() for kind in collect("aeexplorer.data.formats", Format).values()]
    return sorted((f for f in formats if f.one_sample_per_file), key=lambda f: f.is_fallback)


def _to_array(texts: pa.Array, missing: Collection[str]) -> pa.Array:
    """Return the names of files, with null where a row has none."""
    return pa.array([None if (text or "").lower() in missing else text for text in texts.to_pylist()], pa.string())
