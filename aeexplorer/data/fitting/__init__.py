"""Read files as additional samples of an existing field, converted as if they had been part of its upload.

A confined child process reads the files, as it does for uploads. Nothing is stored.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.registry import collect
from aeexplorer.core.workspace import read_array
from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.ingest.confined import Upload, run_confined, spool
from aeexplorer.data.uploads.options import IngestLimits

MAX_SAMPLES = 12
"""Largest number of samples read by one call."""
LIMITS = IngestLimits(seconds=30, output_mb=256)


def fitter_of(field: Field) -> Fitter | None:
    """Return the fitter that reads files as samples of a field; None if there is none."""
    fitter: Fitter | None = collect("aeexplorer.data.fitting", Fitter).get(field.modality)
    return fitter if fitter is not None and fitter.fits(field) else None


def read_samples(uploads: Sequence[Upload], *fields: Field) -> list[np.ndarray]:
    """Read files as samples of fields.

    Parameters
    ----------
    uploads
        The files. Only the first `MAX_SAMPLES` samples in them are read.
    fields
        Fields of the same modality, for example with different sizes.

    Returns
    -------
    list of numpy.ndarray
        For each field, samples ``(m, *shape)`` of its dtype.

    Raises
    ------
    UploadRejected
        If a file cannot be read as samples. The message names the file, the reason and the fix.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        (folder / "inputs").mkdir()
        request = {
            "files": [{"name": u.name, "path": str(spool(u, folder / "inputs" / str(i)))} for i, u in enumerate(uploads)],
            "fields": [asdict(field) | {"path": ""} for field in fields],
            "max_samples": MAX_SAMPLES,
        }
        label = uploads[0].name if len(uploads) == 1 else f"the {len(uploads):,} files"
        run_confined("aeexplorer.data.fitting._child", request, LIMITS, folder, label)
        try:
            arrays = [np.array(read_array(folder / f"{i}.npy")) for i in range(len(fields))]
        except (OSError, ValueError):
            raise UploadRejected(label, "", "the data read from it are inconsistent", "Save it again") from None
        for field, samples in zip(fields, arrays, strict=True):
            if samples.shape[1:] != field.shape or samples.dtype.name != field.dtype or not 0 < len(samples) <= MAX_SAMPLES:
                raise UploadRejected(label, "", "the data read from it do not fit the dataset", "Save it again")
        return arrays
