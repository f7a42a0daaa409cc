"""Manifest: a CSV, JSON or JSONL file beside samples, with one row per file that gives its name, label and other values."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa

from aeexplorer.data.formats._manifest_rows import MANIFEST_SUFFIXES, read_rows, understand_rows
from aeexplorer.data.readers.cells.table import READING_CHOICES
from aeexplorer.data.readers.columns import Column
from aeexplorer.data.readers.encoding import keep_exact
from aeexplorer.data.uploads.given_split import FOLDER_COLUMN, find_split, gives_split, split_by_folders, split_column, split_note
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import ColumnGuess, TableOptions
from aeexplorer.data.uploads.staged import unique_column_name

LABEL_NAMES = ("label", "labels", "class", "target", "category", "y")
FILE_NAMES = ("file_name", "filename", "file", "path", "image", "audio", "sound", "video", "clip", "name", "id", "image_id")


@dataclass(frozen=True)
class Manifest:
    """Rows of a manifest, in the order of the sample files.

    Parameters
    ----------
    member
        The manifest file.
    columns
        Names of the columns, without the one that names the files.
    rows
        One per sample file; empty where the manifest does not name the file.
    label
        Column of the labels, or None.
    """

    member: Member
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    label: str | None

    def labels(self) -> list[str | None] | None:
        """Return the label of each file, or None without a label column."""
        return None if self.label is None else [row.get(self.label) or None for row in self.rows]

    def metadata(self) -> dict[str, pa.Array]:
        """Return the columns other than the label: numbers where all values are quantities, else strings."""
        names = [name for name in self.columns if name != self.label]
        return {name: _to_array(name, [row.get(name) or None for row in self.rows]) for name in names}

    def code_notes(self) -> Iterator[str]:
        """Yield notes on the columns whose numbers are codes, and so are kept as texts."""
        for name in self.columns:
            reason = _scan(name, [row.get(name) or None for row in self.rows]).code_reason
            if name != self.label and reason:
                yield f"column {name!r}: {reason}, so they are kept as they are written"

    def guesses(self) -> tuple[ColumnGuess, ...]:
        """Describe the columns for the upload form."""
        guesses = []
        for name in self.columns:
            values = [row[name] for row in self.rows if row.get(name)]
            guesses.append(
                ColumnGuess(
                    name=name,
                    kind="numeric" if values and pa.types.is_floating(_to_array(name, list(values)).type) else "text",
                    role="label" if name == self.label else "beside",
                    missing=len(self.rows) - len(values),
                    distinct=len(set(values)),
                    example=values[0][:80] if values else "",
                )
            )
        return tuple(guesses)


def find_manifest(
    candidates: Sequence[Member],
    samples: Sequence[Member],
    label: str | None,
    notes: list[str],
    noun: str,
    options: TableOptions = TableOptions(),
) -> Manifest | None:
    """Return the first candidate with a column that names sample files, or None.

    Parameters
    ----------
    candidates
        Files that may be manifests.
    samples
        Sample files. A row names one by its path, its path relative to the manifest, its name, or its name without extension.
    label
        Column of the labels; None guesses it, and an empty text means no labels.
    notes
        Receives a note on rows without a file, and on files without a row.
    noun
        Word for one sample file, for notes and errors.
    options
        How the texts of the manifest are read.

    Raises
    ------
    UploadRejected
        If the manifest is damaged, names a file twice, or lacks the label column.
    """
    for member in candidates:
        rows, reading_notes = read_rows(member)
        match = _match_rows(member, rows, samples, noun)
        if match is None:
            continue
        file_column, row_numbers = match
        rows, cell_notes = understand_rows(rows, file_column, options)
        notes += [*reading_notes, *cell_notes]
        row_of = {sample: rows[number] for sample, number in row_numbers.items()}
        columns = tuple(dict.fromkeys(name for row in rows for name in row if name != file_column))
        if label and label not in columns:
            raise member.rejected(f"the manifest has no column {label!r}", f"Choose one of {', '.join(columns) or 'none'}")
        if label is None:
            others = [c for c in columns if not gives_split(c, Counter(row.get(c, "") for row in rows if row.get(c)))]
            label = next((c for c in others if c.lower() in LABEL_NAMES), others[0] if len(others) == 1 else None)
        n_unmatched = len(rows) - len(row_of)
        if n_unmatched:
            notes.append(f"{n_unmatched:,} rows of {member.name} name no {noun} of this upload")
        n_unlabelled = len(samples) - len(row_of)
        if n_unlabelled:
            notes.append(f"{n_unlabelled:,} {noun}s have no row in {member.name}, so their label is missing")
        manifest = Manifest(member, columns, tuple(row_of.get(i, {}) for i in range(len(samples))), label or None)
        notes.extend(manifest.code_notes())
        return manifest
    return None


def split_members(
    members: Sequence[Member],
    claims: Callable[[Member], bool],
    noun: str,
    label: str | None,
    options: TableOptions = TableOptions(),
) -> tuple[list[Member], Manifest | None, list[str]]:
    """Split the files of an upload into sample files, their manifest, and other files, which are left out with a note.

    Parameters
    ----------
    members
        All files.
    claims
        Returns whether a file is a sample.
    noun
        Word for one sample file, for notes and errors.
    label
        Column of the labels; None guesses it, and an empty text means no labels.
    options
        How the texts of the manifest are read.

    Raises
    ------
    UploadRejected
        If a label column is chosen without a manifest. Also raises the errors of `find_manifest`.
    """
    samples = [m for m in members if claims(m)]
    others = [m for m in members if not claims(m)]
    notes: list[str] = []
    manifest = find_manifest([m for m in others if m.suffix in MANIFEST_SUFFIXES], samples, label, notes, noun, options)
    if label and manifest is None:
        fix = f"Add a CSV file with the columns file and {label}"
        raise samples[0].rejected(f"no manifest has a column {label!r}", fix)
    leftover = [m for m in others if manifest is None or m is not manifest.member]
    if leftover:
        names = ", ".join(m.name for m in leftover[:3])
        notes.append(f"{len(leftover):,} files that are not {noun}s were left out ({names})")
    return samples, manifest, notes


def reading_choices(manifest: Manifest | None) -> tuple[str, ...]:
    """Return the dotted paths of the options that say how the texts of a manifest are read."""
    return READING_CHOICES[:2] if manifest else ()


def count_labels(members: Sequence[Member], manifest: Manifest | None) -> dict[str, int]:
    """Return the hundred most frequent labels and their counts."""
    labels = read_labels(members, manifest)
    return dict(Counter(label for label in labels or () if label is not None).most_common(100))


def read_labels(members: Sequence[Member], manifest: Manifest | None) -> list[str | None] | None:
    """Return the labels of the manifest, else the names of the folders if there are at least two.

    A folder that gives the split is no label.
    """
    if manifest is not None:
        return manifest.labels()
    names = [folder[-1] if folder else None for folder in split_by_folders(members)[1]]
    return names if len(set(names) - {None}) > 1 else None


def table_choices(manifest: Manifest | None, split_notes: Sequence[str]) -> tuple[str, ...]:
    """Return the dotted paths of the options for labels, if there is a manifest, and for a given split, if there is one."""
    return *(("label_column",) if manifest else ()), *(("keep_split",) if split_notes else ())


def guess_split(members: Sequence[Member], manifest: Manifest | None) -> list[str]:
    """Return a note on the split that the folders or the manifest give, if they give one."""
    table = sample_table(members, None, manifest)
    found = find_split({name: table[name] for name in table.column_names if name != "source"})
    return [split_note(*found)] if found else []


def sample_table(members: Sequence[Member], labels: list[str | None] | None, manifest: Manifest | None) -> pa.Table:
    """Return the table of the samples: file name, label, and the other columns of the manifest."""
    columns = {"source": pa.array([m.name for m in members], pa.string())}
    if labels is not None:
        columns["label"] = pa.array(labels, pa.string())
    taken = {"source", "label", "id"}
    for name, values in manifest.metadata().items() if manifest else ():
        columns[unique_column_name(name, taken)] = values
    folder_split, _ = split_by_folders(members)
    if folder_split is not None and find_split(columns) is None:
        columns[FOLDER_COLUMN] = split_column(folder_split)
    return pa.table(columns)


def _match_rows(
    member: Member, rows: Sequence[dict[str, str]], samples: Sequence[Member], noun: str
) -> tuple[str, dict[int, int]] | None:
    """Return the column that names sample files and the index of the row of each sample; None if no column names any."""
    index = index_files(samples)
    folder = PurePosixPath(member.path).parent
    names = list(dict.fromkeys(name for row in rows for name in row))
    for column in sorted(names, key=lambda name: (name.lower() not in FILE_NAMES, names.index(name))):
        row_of: dict[int, int] = {}
        for number, row in enumerate(rows):
            value = row.get(column, "").replace("\\", "/").removeprefix("./")
            sample = index.get(str(folder / value), index.get(value))
            if sample is None:
                continue
            if sample in row_of:
                raise member.rejected(f"the {noun} {value!r} is named twice", f"Keep one row per {noun}", f"row {number + 1}")
            row_of[sample] = number
        if row_of:
            return column, row_of
    return None


def index_files(files: Sequence[Member]) -> dict[str, int]:
    """Map path, name, and name without extension of each file to its index; ambiguous names are left out."""
    index: dict[str, int] = {}
    ambiguous: set[str] = set()
    for i, member in enumerate(files):
        path = PurePosixPath(member.name.replace("\\", "/"))
        for name in {str(path), path.name, path.stem}:
            if name in index and name != str(path):
                ambiguous.add(name)
            index[name] = i
    paths = {str(PurePosixPath(m.name.replace("\\", "/"))): i for i, m in enumerate(files)}
    return {name: i for name, i in index.items() if name not in ambiguous} | paths


def _to_array(name: str, values: list[str | None]) -> pa.Array:
    """Convert values of a column to numbers if all are quantities, else to strings, which keep all digits of a code."""
    texts, column = pa.array(values, pa.string()), _scan(name, values)
    if column.code_reason or column.n_non_numeric or not column.numbers.n_known:
        return texts
    return keep_exact(column, texts, ".") if column.kind == "numeric" else texts.cast(pa.float64())


def _scan(name: str, values: list[str | None]) -> Column:
    column = Column(name)
    column.update(pa.array(values, pa.string()), ".")
    return column
