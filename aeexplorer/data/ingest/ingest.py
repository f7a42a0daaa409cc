"""Inspect and store uploads. A confined child process reads them; this process checks and stores the result."""

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
from aeexplorer.data.scaling import updated_statistics
from aeexplorer.data.split import SPLITS, completed_split, stratified_split
from aeexplorer.data.uploads.given_split import find_split, split_note
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
"""Largest number of distinct labels; with more, the labels are kept as text."""
MIN_SAMPLES = 5
"""Smallest number of samples in a dataset."""


def inspect(
    uploads: list[Upload], limits: IngestLimits = IngestLimits(seconds=120), options: IngestOptions = IngestOptions()
) -> Guess:
    """Describe an upload and suggest options for it, without storing anything.

    Parameters
    ----------
    uploads
        Files of the upload.
    limits
        Resource limits of the confined child process that reads the files.
    options
        Options that change the available choices, such as the sheet of a workbook. Other options are ignored.

    Returns
    -------
    Guess
        Kind of the data, columns, layouts, sizes, and suggested options.

    Raises
    ------
    UploadRejected
        If no format reads the files, or the inspected part of a file is damaged.
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
        Where the dataset is stored. The workspace does not change if the upload is rejected or cancelled.
    uploads
        Files that belong together: pictures, zips of pictures, arrays, or one table.
    options
        How the files are read; `inspect` suggests options.
    progress
        Called several times a second with the fraction done and a sentence. An exception that it raises cancels the upload.
    limits
        Resource limits of the confined child process that reads the files.
    notes
        Sentences to put before the notes of the dataset.

    Returns
    -------
    Dataset
        The stored dataset.

    Raises
    ------
    UploadRejected
        If the upload cannot be read. The message names the file, the member, row or column, the reason and the fix.
    """
    with staging_folder(workspace.staging) as folder:
        run_child("read", uploads, options, limits, folder, lambda fraction, text: progress(0.9 * fraction, text))
        fields, table, reading_notes = load_staged(folder)
        n = table.num_rows
        if n < MIN_SAMPLES:
            raise UploadRejected(
                uploads[0].name,
                "",
                f"it holds {n} {'sample' if n == 1 else 'samples'}, too few to divide into training and test sets",
                f"Give at least {MIN_SAMPLES} samples; an autoencoder needs hundreds",
            )
        progress(0.9, "dividing and storing")
        table, labels, label_notes = _separate_labels(table)
        split, split_notes = _divide(table, labels, options)
        train = split == 0
        stored = {name: replace(field, meta=updated_statistics(field.meta, field.array, train)) for name, field in fields.items()}
        name = options.name or PurePosixPath(uploads[0].name.replace("\\", "/")).stem or "upload"
        dataset = create_dataset(workspace, name, stored, table, split, (*notes, *reading_notes, *label_notes, *split_notes))
    open_catalogue(workspace).add_dataset(dataset.folder)
    progress(1.0, "stored")
    return dataset


def uploads_at(path: Path) -> list[Upload]:
    """Return the upload at a path: one file, or all files below a folder, sorted by name.

    Names of the files are relative to the folder.

    Raises
    ------
    UploadRejected
        If there is no file at the path.
    """
    if path.is_file():
        return [Upload(path.name, path)]
    uploads = [Upload(p.relative_to(path).as_posix(), p) for p in sorted(path.rglob("*")) if p.is_file()]
    if not uploads:
        raise UploadRejected(str(path), "", "there is no file here", "Give the path of a file, or of a folder with files")
    return uploads


def _divide(table: pa.Table, labels: np.ndarray | None, options: IngestOptions) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the split, int8 ``(n,)``, and notes: the one that the upload gives if it is to be kept, else a random one."""
    columns = {name: table[name] for name in table.column_names if name not in ("id", "source", "label")}
    found = find_split(columns) if options.keep_split else None
    if found is None:
        return stratified_split(labels, table.num_rows, options.split), ()
    name, given = found
    split = completed_split(given, labels, options.split)
    notes = [split_note(name, given)]
    drawn = [part for code, part in enumerate(SPLITS) if not (given == code).any() and (split == code).any()]
    if drawn:
        notes.append(f"it has no samples for {' and '.join(drawn)}, which were drawn from its training samples")
    if (given < 0).any():
        notes.append(f"{(given < 0).sum():,} samples without a given split were used for training")
    return split, tuple(notes)


def _separate_labels(table: pa.Table) -> tuple[pa.Table, np.ndarray | None, tuple[str, ...]]:
    """Return the table, integer labels ``(n,)`` for stratification (None without labels), and notes.

    A column of too many distinct labels is renamed, since its values cannot be classes.
    """
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
    missing = encoded.null_count
    note = f"{missing:,} of {table.num_rows:,} samples have no label"
    return table, encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), (note,) if missing else ()
