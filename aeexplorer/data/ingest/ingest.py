"""Inspect and store uploads. A confined child process reads them; this process checks and stores the result."""

import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.disk import naming_full_disk
from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace, staging_folder
from aeexplorer.data.dataset import Dataset, create_dataset
from aeexplorer.data.ingest.confined import Progress, Upload, ignore_progress, run_child
from aeexplorer.data.scaling import updated_statistics
from aeexplorer.data.uploads.division import divide, separate_labels
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
    DiskFull
        If the disk is full. Nothing is stored then.
    """
    with naming_full_disk(), staging_folder(workspace.staging) as folder:
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
        table, labels, label_notes = separate_labels(table)
        split, split_notes = divide(table, labels, options)
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
