"""A CSV, JSON or JSONL file beside pictures or sounds: one row a file, naming it, its label and whatever else is known."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import orjson
import pyarrow as pa

from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import ColumnGuess
from aeexplorer.data.uploads.staged import beside

MANIFESTS = (".csv", ".tsv", ".json", ".jsonl")
LABEL_NAMES = ("label", "labels", "class", "target", "category", "y")
FILE_NAMES = ("file_name", "filename", "file", "path", "image", "audio", "sound", "video", "clip", "name", "id", "image_id")
_MOST = 64 << 20


@dataclass(frozen=True)
class Manifest:
    """The rows of a manifest, brought into the order of the pictures.

    Parameters
    ----------
    member
        The file it came from.
    columns
        Names of its columns, without the one that names the pictures.
    rows
        One a picture; empty where the manifest does not name it.
    label
        The column that holds the labels, or None.
    """

    member: Member
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    label: str | None

    def labels(self) -> list[str | None] | None:
        """The label of each picture, or None when there is no label column."""
        return None if self.label is None else [row.get(self.label) or None for row in self.rows]

    def beside(self) -> dict[str, pa.Array]:
        """The other columns: numbers where every value is one, else strings."""
        return {name: _typed([row.get(name) or None for row in self.rows]) for name in self.columns if name != self.label}

    def guesses(self) -> tuple[ColumnGuess, ...]:
        """The columns as the form shows them."""
        found = []
        for name in self.columns:
            values = [row[name] for row in self.rows if row.get(name)]
            found.append(
                ColumnGuess(
                    name=name,
                    kind="numeric" if values and pa.types.is_floating(_typed(list(values)).type) else "text",
                    role="label" if name == self.label else "beside",
                    missing=len(self.rows) - len(values),
                    distinct=len(set(values)),
                    example=values[0][:80] if values else "",
                )
            )
        return tuple(found)


def find_manifest(
    candidates: Sequence[Member], pictures: Sequence[Member], label: str | None, notes: list[str], what: str
) -> Manifest | None:
    """The first candidate with a column that names pictures, or None.

    Parameters
    ----------
    candidates
        Files that may be one.
    pictures
        The pictures to find rows for: by path, by path beside the manifest, by name, or by name without extension.
    label
        The column of the labels; None guesses, an empty text means none.
    notes
        Gets a sentence on rows and pictures that have no counterpart.
    what
        What such a file is called.

    Raises
    ------
    UploadRejected
        For a damaged manifest, a picture named twice, or a label column that is not there.
    """
    for member in candidates:
        rows = rows_of(member)
        found = _matched(member, rows, pictures, what)
        if found is None:
            continue
        key, places = found
        columns = tuple(dict.fromkeys(name for row in rows for name in row if name != key))
        if label and label not in columns:
            raise member.rejected(f"it has no column {label!r}", f"Choose one of {', '.join(columns) or 'none'}")
        if label is None:
            label = next((c for c in columns if c.lower() in LABEL_NAMES), columns[0] if len(columns) == 1 else None)
        lost = len(rows) - len(places)
        if lost:
            notes.append(f"{lost:,} rows of {member.name} name no {what} of this upload")
        bare = len(pictures) - len(places)
        if bare:
            notes.append(f"{bare:,} {what}s have no row in {member.name}; their label is missing")
        return Manifest(member, columns, tuple(places.get(i, {}) for i in range(len(pictures))), label or None)
    return None


def sort_out(
    members: Sequence[Member], claims: Callable[[Member], bool], what: str, label: str | None
) -> tuple[list[Member], Manifest | None, list[str]]:
    """The files of an upload that are samples, the manifest beside them, and notes on files and rows that are left over.

    Parameters
    ----------
    members
        All files.
    claims
        Whether a file is a sample.
    what
        What such a file is called.
    label
        As in `find_manifest`.

    Raises
    ------
    UploadRejected
        As in `find_manifest`, and for a label column where there is no manifest.
    """
    samples = [m for m in members if claims(m)]
    others = [m for m in members if not claims(m)]
    notes: list[str] = []
    manifest = find_manifest([m for m in others if m.suffix in MANIFESTS], samples, label, notes, what)
    if label and manifest is None:
        raise samples[0].rejected(f"no manifest has a column {label!r}", "Add a CSV with the columns file and " + label)
    strangers = [m for m in others if manifest is None or m is not manifest.member]
    if strangers:
        some = ", ".join(m.name for m in strangers[:3])
        notes.append(f"{len(strangers):,} files that are no {what}s were left out ({some})")
    return samples, manifest, notes


def counted_labels(members: Sequence[Member], manifest: Manifest | None) -> dict[str, int]:
    """The hundred most frequent labels, and how often each occurs."""
    labels = labels_of(members, manifest)
    return dict(Counter(label for label in labels or () if label is not None).most_common(100))


def labels_of(members: Sequence[Member], manifest: Manifest | None) -> list[str | None] | None:
    """The manifest's labels, else the names of the folders when there are at least two of them."""
    if manifest is not None:
        return manifest.labels()
    folders = [m.name.replace("\\", "/").split("/")[:-1] for m in members]
    names = [folder[-1] if folder else None for folder in folders]
    return names if len(set(names) - {None}) > 1 else None


def table_of(members: Sequence[Member], labels: list[str | None] | None, manifest: Manifest | None) -> pa.Table:
    """One row a file: its name, its label, and what else the manifest says."""
    columns = {"source": pa.array([m.name for m in members], pa.string())}
    if labels is not None:
        columns["label"] = pa.array(labels, pa.string())
    taken = {"source", "label", "id"}
    for name, values in manifest.beside().items() if manifest else ():
        columns[beside(name, taken)] = values
    return pa.table(columns)


def _matched(
    member: Member, rows: Sequence[dict[str, str]], pictures: Sequence[Member], what: str
) -> tuple[str, dict[int, dict[str, str]]] | None:
    """The column that names pictures and the row of each picture it names; None when no column does."""
    index = index_of(pictures)
    folder = PurePosixPath(member.path).parent
    names = list(dict.fromkeys(name for row in rows for name in row))
    for key in sorted(names, key=lambda name: (name.lower() not in FILE_NAMES, names.index(name))):
        places: dict[int, dict[str, str]] = {}
        for number, row in enumerate(rows, 1):
            value = row.get(key, "").replace("\\", "/").removeprefix("./")
            place = index.get(str(folder / value), index.get(value))
            if place is None:
                continue
            if place in places:
                raise member.rejected(f"it names the {what} {value!r} twice", f"Keep one row a {what}", f"row {number}")
            places[place] = row
        if places:
            return key, places
    return None


def index_of(pictures: Sequence[Member]) -> dict[str, int]:
    """Ways to name a picture → its place; ways that fit several are left out."""
    index: dict[str, int] = {}
    doubtful: set[str] = set()
    for i, picture in enumerate(pictures):
        path = PurePosixPath(picture.name.replace("\\", "/"))
        for name in {str(path), path.name, path.stem}:
            if name in index and name != str(path):
                doubtful.add(name)
            index[name] = i
    exact = {str(PurePosixPath(p.name.replace("\\", "/"))): i for i, p in enumerate(pictures)}
    return {name: i for name, i in index.items() if name not in doubtful} | exact


def rows_of(member: Member) -> list[dict[str, str]]:
    """The rows of a manifest, every value as text; raises `UploadRejected` where it cannot be read."""
    content = member.read(_MOST)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise member.rejected(f"it is not UTF-8 text (byte {error.start:,})", "Save it as UTF-8") from None
    if member.suffix == ".json":
        return _records(member, _json(member, content, "")) if text.strip() else []
    if member.suffix == ".jsonl":
        lines = enumerate(text.splitlines(), 1)
        return _records(member, [_json(member, line.encode(), f"row {i}") for i, line in lines if line.strip()])
    return _csv(member, text)


def _csv(member: Member, text: str) -> list[dict[str, str]]:
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    found: list[dict[str, str]] = []
    try:
        header = [name.strip() for name in next(rows, [])]
        if len(set(header)) < len(header):
            raise member.rejected("two of its columns have the same name", "Rename one of them", "row 1")
        for row in rows:
            if row and len(row) != len(header):
                reason = f"it has {len(row)} values where the first row has {len(header)}"
                raise member.rejected(reason, "Give every row the same columns", f"line {rows.line_num}")
            if row:
                found.append(dict(zip(header, (value.strip() for value in row), strict=True)))
    except csv.Error as error:
        raise member.rejected(f"it is no readable CSV ({error})", "Save it anew", f"line {rows.line_num}") from None
    return found


def _json(member: Member, content: bytes, where: str) -> Any:
    try:
        return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise member.rejected(f"it is no readable JSON ({error})", "Save it anew", where) from None


def _records(member: Member, tree: Any) -> list[dict[str, str]]:
    """Rows from a list of objects, or from one object that maps names of pictures to labels."""
    if isinstance(tree, dict) and all(isinstance(value, (str, int, float)) for value in tree.values()):
        tree = [{"file": name, "label": value} for name, value in tree.items()]
    if not isinstance(tree, list) or not all(isinstance(row, dict) for row in tree):
        raise member.rejected("it is not a list of objects", 'Write [{"file": "a.png", "label": "cat"}, …]')
    return [{name: _text(value) for name, value in row.items()} for row in tree]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _typed(values: list[str | None]) -> pa.Array:
    strings = pa.array(values, pa.string())
    try:
        return strings.cast(pa.float64())
    except pa.ArrowInvalid:
        return strings
