"""The confined process that fits files to a field: ``python -m aeexplorer.data.fitting._child`` in a folder with a request."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.ingest.child import answer


def work(request: Mapping[str, Any], say: Callable[[Mapping[str, Any]], None]) -> None:
    """Write the samples as ``0.npy``, ``1.npy``, …, one array for each field of the request."""
    from aeexplorer.data.dataset import Field
    from aeexplorer.data.fitting import fitter_of
    from aeexplorer.data.uploads.members import opened

    with opened([(file["name"], Path(file["path"])) for file in request["files"]]) as upload:
        members = upload.members
        if not members:
            raise UploadRejected("", "", "there is no file in it", "Choose a file")
        for i, about in enumerate(request["fields"]):
            field = Field(**{**about, "shape": tuple(about["shape"]), "path": Path(about["path"])})
            fitter = fitter_of(field)
            if fitter is None:
                raise members[0].rejected("no file can become a sample of this dataset", "Choose samples of the dataset itself")
            samples = np.empty((0, *field.shape), field.dtype)
            for member in members:
                samples = np.concatenate([samples, fitter.read(member, field)])[: request["most"]]
                if len(samples) == request["most"]:
                    break
            np.save(f"{i}.npy", samples, allow_pickle=False)


if __name__ == "__main__":
    answer(work)
