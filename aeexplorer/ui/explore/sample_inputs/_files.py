"""Files as user samples: uploads, photos and recordings. A confined child process reads them."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from streamlit.typing import UploadedFile

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting import fitter_of, read_samples
from aeexplorer.data.ingest.ingest import Upload
from aeexplorer.ui.data.choosing import check_upload_limit, count_upload
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples

MAX_FILE_MB = 64
MAX_NAME_CHARACTERS = 24
"""Largest length of a file name in titles."""

AddSample = Callable[[UserSamples, Field, str, str, list[np.ndarray]], None]
"""Adds a sample; takes the user samples, the field, the origin, the title, and the sample read at each requested size."""


def add_unchanged(user_samples: UserSamples, field: Field, origin: str, title: str, samples: list[np.ndarray]) -> None:
    """Add the sample at the first size, without changes."""
    user_samples.add(field.name, samples[0], origin, title)


def draw_upload(user_samples: UserSamples, field: Field, add: AddSample = add_unchanged, *sizes: Field) -> None:
    """Draw a file uploader. Each sample in the files becomes a user sample.

    Parameters
    ----------
    user_samples
        User samples to which the samples are added.
    field
        Field of the samples.
    add
        Adds a sample.
    *sizes
        Fields whose shapes are the sizes at which the samples are read; `field` if there are none.
    """
    fitter = fitter_of(field)
    if fitter is None:
        st.caption("Samples of this dataset cannot be read from files.")
        return
    key = user_samples.key("files", field.name)
    st.file_uploader(
        fitter.reads,
        fitter.suffixes,
        accept_multiple_files=True,
        key=key,
        on_change=read_files,
        args=(user_samples, field, key, add, sizes),
        max_upload_size=MAX_FILE_MB,
        help="The samples are prepared in the same way as the dataset. Nothing is stored.",
    )


def read_files(
    user_samples: UserSamples,
    field: Field,
    key: str,
    add: AddSample = add_unchanged,
    sizes: Sequence[Field] = (),
    title: str = "",
) -> None:
    """Read the new files of a widget for files, photos or recordings, and add their samples; for callbacks.

    Files that were read before are skipped. Samples without a title are titled with the name of their file.
    """
    value = state.get(key, None)
    files: list[UploadedFile] = value if isinstance(value, list) else [value] if value else []
    seen_key = f"{key}.seen"
    new_files = [file for file in files if file.file_id not in state.get(seen_key, ())]
    state.put({seen_key: tuple(file.file_id for file in files)})

    def read() -> None:
        check_upload_limit(new_files)
        for file in new_files:
            count_upload([file])
            samples_by_size = read_samples([Upload(file.name, file)], *(sizes or (field,)))
            for i in range(len(samples_by_size[0])):
                sample_by_size = [samples[i] for samples in samples_by_size]
                add(user_samples, field, f"{file.file_id}.{i}", title or _short_name(file.name), sample_by_size)

    user_samples.catch_refusal(read)


def _short_name(name: str) -> str:
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: MAX_NAME_CHARACTERS - 9]}…{name[-8:]}"
