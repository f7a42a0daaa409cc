"""Reading files as further samples of a field that is there already: fitted as an upload of its dataset would be.

A confined child reads them, as it reads uploads; nothing is stored.
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
from aeexplorer.data.ingest.confined import Upload, run_confined, spooled
from aeexplorer.data.uploads.options import IngestLimits

MOST = 12
"""Samples that are read at once."""
LIMITS = IngestLimits(seconds=30, output_mb=256)


def fitter_of(field: Field) -> Fitter | None:
    """What reads files as samples of this field; None where nothing does."""
    found: Fitter | None = collect("aeexplorer.data.fitting", Fitter).get(field.modality)
    return found if found is not None and found.fits(field) else None


def read_samples(uploads: Sequence[Upload], *fields: Field) -> list[np.ndarray]:
    """The samples that files hold, as samples of each of these fields.

    Parameters
    ----------
    uploads
        One file or several; at most twelve samples of them are read.
    fields
        One modality in several sizes.

    Returns
    -------
    list of numpy.ndarray
        For each field ``(m, *shape)``, of its dtype.

    Raises
    ------
    UploadRejected
        Naming the file, the reason and the fix. No file is looked into by this process.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        (folder / "inputs").mkdir()
        request = {
            "files": [{"name": u.name, "path": str(spooled(u, folder / "inputs" / str(i)))} for i, u in enumerate(uploads)],
            "fields": [asdict(field) | {"path": ""} for field in fields],
            "most": MOST,
        }
        shown = uploads[0].name if len(uploads) == 1 else f"the {len(uploads):,} files"
        run_confined("aeexplorer.data.fitting._child", request, LIMITS, folder, shown)
        try:
            found = [np.array(read_array(folder / f"{i}.npy")) for i in range(len(fields))]
        except (OSError, ValueError) as error:
            raise UploadRejected(shown, "", f"what was read from it is inconsistent ({error})", "Save it anew") from None
        for field, samples in zip(fields, found, strict=True):
            if samples.shape[1:] != field.shape or samples.dtype.name != field.dtype or not 0 < len(samples) <= MOST:
                raise UploadRejected(shown, "", "what was read from it does not fit the dataset", "Save it anew")
        return found
