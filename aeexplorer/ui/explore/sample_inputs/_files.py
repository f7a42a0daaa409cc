"""Files that become user samples: chosen, photographed or recorded, and read by the confined child."""

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

LARGEST_MB = 64
LONGEST = 24
"""Characters of a file's name that are shown."""

Bring = Callable[[UserSamples, Field, str, str, list[np.ndarray]], None]
"""Takes the user samples, the field, the origin, the title, and one sample in each of the sizes that were asked for."""


def bring_plainly(user_samples: UserSamples, field: Field, origin: str, title: str, samples: list[np.ndarray]) -> None:
    """The sample as it is."""
    user_samples.add(field.name, samples[0], origin, title)


def upload(user_samples: UserSamples, field: Field, bring: Bring = bring_plainly, *sizes: Field) -> None:
    """A widget for files; each sample in them is a user sample."""
    fitter = fitter_of(field)
    if fitter is None:
        st.caption("No file can become a sample of this dataset.")
        return
    key = user_samples.key("files", field.name)
    st.file_uploader(
        fitter.reads,
        fitter.suffixes,
        accept_multiple_files=True,
        key=key,
        on_change=taken,
        args=(user_samples, field, key, bring, sizes),
        max_upload_size=LARGEST_MB,
        help="Fitted as an upload of the dataset would be. Nothing is stored.",
    )


def taken(
    user_samples: UserSamples, field: Field, key: str, bring: Bring = bring_plainly, sizes: Sequence[Field] = (), title: str = ""
) -> None:
    """What a widget for files, photos or recordings holds comes in; files that were read before are left alone.

    Without a title each is called as its file.
    """
    held = state.get(key, None)
    files: list[UploadedFile] = held if isinstance(held, list) else [held] if held else []
    seen_key = f"{key}.seen"
    new = [file for file in files if file.file_id not in state.get(seen_key, ())]
    state.put({seen_key: tuple(file.file_id for file in files)})

    def read() -> None:
        check_upload_limit(new)
        for file in new:
            count_upload([file])
            found = read_samples([Upload(file.name, file)], *(sizes or (field,)))
            for i in range(len(found[0])):
                bring(user_samples, field, f"{file.file_id}.{i}", title or _short(file.name), [samples[i] for samples in found])

    user_samples.catch_refusal(read)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}…{name[-8:]}"
