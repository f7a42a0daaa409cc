"""Bringing an upload in: a confined child process reads it, this process checks what it wrote and stores it."""

import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace, staging_folder
from aeexplorer.data.dataset import Dataset, create_dataset
from aeexplorer.data.ingest.confined import Progress, Upload, ignore_progress, run_child
from aeexplorer.data.scaling import measured
from aeexplorer.data.split import stratified_split
from aeexplorer.data.uploads.options import ColumnGuess, Guess, IngestLimits, IngestOptions, LayoutGuess, SizeGuess
from aeexplorer.data.uploads.staged import load_guess, load_staged

__all__ = [
    "ColumnGuess",
    "Guess",
    "IngestLimits",
    "IngestOptions",
    "LayoutGuess",
    "SizeGuess",
    "Upload",
    "ingest",
    "inspect",
    "uploads_at",
]

MAX_LABELS = 1000
MIN_SAMPLES = 5


def inspect(
    uploads: list[Upload], limits: IngestLimits = IngestLimits(seconds=120), options: IngestOptions = IngestOptions()
) -> Guess:
    """What an upload looks like: its kind, columns, layouts, sizes, and the options suggested for it.

    Nothing is stored. The files are read by the same confined child as in `ingest`. Of the options those count that change
    what there is to choose, such as the sheet of a workbook.

    Raises
    ------
    UploadRejected
        If no format reads the files, or one of them is damaged where it was looked at.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        run_child("inspect", uploads, options, limits, Path(folder), ignore_progress)
        return load_guess(Path(folder))


def ingest(
    workspace: Workspace,
    uploads: list[Upload],
    options: IngestOptions = IngestOptions(),
    progress: Progress = ignore_progress,
    limits: IngestLimits = IngestLimits(),
    notes: tuple[str, ...] = (),
) -> Dataset:
    """Read an upload and store it as a dataset.

    Parameters
    ----------
    workspace
        Where it is stored; its tree is unchanged when the upload is refused or cancelled.
    uploads
        The files that belong together: pictures, zips of pictures, arrays, or one table.
    options
        The choices; `inspect` suggests some.
    progress
        Called several times a second with the fraction done and a sentence; an exception it raises cancels the work.
    limits
        What the reading process may use.
    notes
        What is known of the files beforehand; the dataset's notes begin with it.

    Raises
    ------
    UploadRejected
        Naming the file, the member, row or column, the reason and the fix.
    """
    with staging_folder(workspace.staging) as folder:
        run_child("read", uploads, options, limits, folder, lambda fraction, text: progress(0.9 * fraction, text))
        fields, table, said = load_staged(folder)
        n = table.num_rows
        if n < MIN_SAMPLES:
            raise UploadRejected(
                uploads[0].name,
                "",
                f"it holds {n} {'sample' if n == 1 else 'samples'}, too few to divide into train and test",
                f"Give at least {MIN_SAMPLES}; an autoencoder wants hundreds",
            )
        progress(0.9, "dividing and storing")
        table, labels, note = _labels(table)
        split = stratified_split(labels, n, options.split)
        stored = {name: replace(field, meta=measured(field.meta, field.array, split == 0)) for name, field in fields.items()}
        name = options.name or PurePosixPath(uploads[0].name.replace("\\", "/")).stem or "upload"
        dataset = create_dataset(workspace, name, stored, table, split, (*notes, *said, *note))
    open_catalogue(workspace).add_dataset(dataset.folder)
    progress(1.0, "stored")
    return dataset


def uploads_at(path: Path) -> list[Upload]:
    """The upload at a path: one file, or every file of a folder, named relative to it, in order of name.

    Raises
    ------
    UploadRejected
        If there is nothing at the path.
    """
    if path.is_file():
        return [Upload(path.name, path)]
    found = [Upload(p.relative_to(path).as_posix(), p) for p in sorted(path.rglob("*")) if p.is_file()]
    if not found:
        raise UploadRejected(str(path), "", "there is no file here", "Name a file, or a folder of pictures")
    return found


def _labels(table: pa.Table) -> tuple[pa.Table, np.ndarray | None, tuple[str, ...]]:
    """The table, the integer labels to divide by, and a note where labels are too many to be labels."""
    if "label" not in table.column_names:
        return table, None, ()
    encoded = table["label"].combine_chunks().dictionary_encode()
    distinct = len(encoded.dictionary)
    if distinct == 0:
        return table.drop_columns(["label"]), None, ("no sample has a label",)
    if distinct > MAX_LABELS:
        renamed = ["label (text)" if name == "label" else name for name in table.column_names]
        note = f"{distinct:,} different labels are too many to be classes; they are kept as the column 'label (text)'"
        return table.rename_columns(renamed), None, (note,)
    return table, encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), ()
