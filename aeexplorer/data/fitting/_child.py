"""The confined process that reads files as samples of fields: ``python -m aeexplorer.data.fitting._child``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.ingest.child import run_task


def work(request: Mapping[str, Any], send: Callable[[Mapping[str, Any]], None]) -> None:
    """Write the samples to ``0.npy``, ``1.npy``, …: one array for each field of the request."""
    from aeexplorer.data.dataset import Field
    from aeexplorer.data.fitting import fitter_of
    from aeexplorer.data.uploads.members import open_upload

    with open_upload([(file["name"], Path(file["path"])) for file in request["files"]]) as upload:
        members = upload.members
        if not members:
            raise UploadRejected("", "", "there is no file in it", "Choose a file")
        for i, record in enumerate(request["fields"]):
            field = Field(**{**record, "shape": tuple(record["shape"]), "path": Path(record["path"])})
            fitter = fitter_of(field)
            if fitter is None:
                raise members[0].rejected("files cannot become samples of this dataset", "Choose samples of the dataset instead")
            samples = np.empty((0, *field.shape), field.dtype)
            for member in members:
                samples = np.concatenate([samples, fitter.read(member, field)])[: request["max_samples"]]
                if len(samples) == request["max_samples"]:
                    break
            np.save(f"{i}.npy", samples, allow_pickle=False)


if __name__ == "__main__":
    run_task(work)
