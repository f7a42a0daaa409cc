"""What the columns of a manifest are: names of files, texts, labels, numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from aeexplorer.core.registry import collect
from aeexplorer.data.formats._manifest import FILE_NAMES, LABEL_NAMES, index_of, rows_of
from aeexplorer.data.formats.base import Format
from aeexplorer.data.formats.table import suggested
from aeexplorer.data.readers.columns import Column, look_at
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import ColumnGuess, PairOptions

MISSING = ("", "NA", "N/A", "nan", "NaN", "null", "None")
_TEXT_NAMES = ("text", "texts", "caption", "captions", "description", "sentence", "title", "transcript", "transcription")


@dataclass(frozen=True)
class FileColumn:
    """A column that names files of one kind."""

    format: Format
    members: Sequence[Member | None]
    """The file of each row."""
    lost: Sequence[tuple[int, str]]
    """Row and name of files that are not there."""


@dataclass(frozen=True)
class Manifest:
    """A manifest whose rows are samples."""

    member: Member
    n: int
    """Rows."""
    texts: Mapping[str, pa.Array]
    """Every column by name, in order, as texts; null where missing."""
    files: Mapping[str, FileColumn]
    """By column."""
    columns: Mapping[str, Column]
    """The other columns."""
    others: Sequence[Member] = ()
    """Files that no row names, and that are no manifest."""
    classes: Sequence[str] = ()
    """Columns that the file says are labels: the first is taken as such, none is learned."""
    notes: Sequence[str] = ()
    """What else a person should know."""

    @property
    def names(self) -> Sequence[str]:
        """Of the columns."""
        return list(self.texts)

    def values(self, name: str) -> pa.Array:
        """A column as texts, null where missing."""
        return self.texts[name]

    def suggested(self) -> tuple[PairOptions, str, tuple[ColumnGuess, ...]]:
        """What becomes which field, the column of the labels (or an empty text), and all columns for the form."""
        named = [n for n, c in self.columns.items() if n.lower() in LABEL_NAMES and c.kind in ("categorical", "numeric")]
        known = [n for n in self.classes if self.columns[n].kind not in ("empty", "constant")]
        label = next(iter([*known, *named]), "")
        texts = [n for n, c in self.columns.items() if n not in (label, *self.classes) and self._is_text(c)]
        left = [c for n, c in self.columns.items() if n not in (label, *self.classes, *texts)]
        guesses = {g.name: g for g in suggested(left)}
        numbers = tuple(n for n, g in guesses.items() if g.role in ("feature", "label"))
        shown = []
        for name in self.names:
            if name in self.files:
                there = self.values(name).drop_null()
                kind, missing = "file", self.n - len(there)
                example = there[0].as_py()[:80] if len(there) else ""
                shown.append(ColumnGuess(name=name, kind=kind, role="feature", missing=missing, distinct=None, example=example))
            elif name in texts:
                shown.append(self.columns[name].guess("feature", ""))
            elif name == label:
                shown.append(self.columns[name].guess("label", ""))
            elif name in self.classes:
                shown.append(self.columns[name].guess("beside", "it holds labels"))
            else:
                guess = guesses[name]
                shown.append(guess if guess.role != "label" else self.columns[name].guess("feature", ""))
        chosen = PairOptions(file_columns=tuple(self.files), caption_columns=tuple(texts), number_columns=numbers)
        return chosen, label, tuple(shown)

    @staticmethod
    def _is_text(column: Column) -> bool:
        return column.is_prose or (column.name.lower() in _TEXT_NAMES and column.kind in ("text", "categorical"))


def read_manifest(member: Member, members: Sequence[Member], formats: Sequence[Format]) -> Manifest:
    """A file among others as a manifest of them.

    Parameters
    ----------
    member
        The file.
    members
        All files, itself among them.
    formats
        Those whose files may be named, in the order in which they are tried.

    Raises
    ------
    UploadRejected
        If it cannot be read, or a row leads out of the upload.
    """
    rows = rows_of(member)
    names = list(dict.fromkeys(name for row in rows for name in row))
    files = [m for m in members if m is not member]
    index = index_of(files)
    folder = PurePosixPath(member.name.replace("\\", "/")).parent
    found: dict[str, FileColumn] = {}
    for name in names:
        values = [row.get(name, "").replace("\\", "/") for row in rows]
        by_stem = name.lower() in FILE_NAMES  # elsewhere 7 is a number, and not 7.png
        places = [
            index.get(str(folder / value.removeprefix("./")), index.get(value)) if by_stem or "." in value else None
            for value in values
        ]
        known = [files[place] for place in places if place is not None]
        if not known or 2 * len(known) < sum(value not in MISSING for value in values):
            continue
        distinct = set(known)
        format = next((f for f in formats if all(f.claims(m) for m in distinct)), None)
        if format is None:
            continue
        for number, value in enumerate(values, 1):
            if ".." in value.split("/") or value.startswith("/"):
                raise member.rejected(f"{value!r} leads out of the upload", "Name files of the upload", f"row {number}")
        lost = [(i, v) for i, (v, p) in enumerate(zip(values, places, strict=True), 1) if p is None and v not in MISSING]
        named_here = [None if p is None else files[p] for p in places]
        if not any(column.members == named_here for column in found.values()):
            found[name] = FileColumn(format, named_here, lost)
    texts = {name: _texts([row.get(name, "") for row in rows]) for name in names}
    named = {id(m) for column in found.values() for m in column.members if m is not None}
    strangers = [m for m in files if id(m) not in named]
    return Manifest(member, len(rows), texts, found, columns_of({n: t for n, t in texts.items() if n not in found}), strangers)


def columns_of(texts: Mapping[str, pa.Array]) -> dict[str, Column]:
    """What columns of texts are."""
    if not texts:
        return {}
    columns, _ = look_at(list(texts), [pa.RecordBatch.from_arrays(list(texts.values()), names=list(texts))], ".")
    return {c.name: c for c in columns}


def formats_of_files() -> list[Format]:
    """The formats whose files are one sample each, in the order in which they are tried."""
    formats = [kind() for kind in collect("aeexplorer.data.formats", Format).values()]
    return sorted((f for f in formats if f.one_each), key=lambda f: f.gives_way)


def _texts(values: Sequence[str]) -> pa.Array:
    return pa.array([None if value in MISSING else value for value in values], pa.string())


def there(column: FileColumn) -> np.ndarray:
    """bool ``(n,)``: which rows have a file."""
    return np.array([m is not None for m in column.members])
