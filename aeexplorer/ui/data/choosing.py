"""The files that a person chooses, single ones or a whole folder, as far as one visitor may upload."""

from pathlib import PurePath

import streamlit as st
from streamlit.typing import UploadedFile

from aeexplorer.core.errors import UserError
from aeexplorer.data.uploads.limits import UploadLimits
from aeexplorer.ui.session import state

_STORED = "data.uploaded bytes"
_MB = 1_000_000


def choose_files(turn: int) -> list[UploadedFile]:
    """What was chosen; `turn` is counted up for an empty widget."""
    folder = st.toggle(
        "A whole folder", key="data.folder", help="Everything in it and below; folders inside it are labels, as in a zip."
    )
    return st.file_uploader(
        "A zip of pictures, sounds or videos, such files themselves, an .npy or .npz array, a table, texts",
        accept_multiple_files="directory" if folder else True,
        key=f"data.files.{turn}",
        help="Folders inside a zip are labels, unless a CSV or JSON beside the files gives them.",
        max_upload_size=UploadLimits.from_environment().per_file_mb,
    )


def name_for(files: list[UploadedFile]) -> str:
    """What a dataset of them may be called: the folder's name, or the first file's."""
    first = PurePath(files[0].name)
    return first.parts[0] if len(first.parts) > 1 else first.stem


def within_limit(files: list[UploadedFile]) -> None:
    """Refuse files that, with those stored before in this session, are more than a visitor may upload.

    Raises
    ------
    UserError
        If they are.
    """
    allowed, before = UploadLimits.from_environment().per_user_mb, state.setdefault(_STORED, 0)
    total = before + sum(file.size for file in files)
    if total > allowed * _MB:
        raise UserError(
            f"these files make it {total / _MB:,.0f} MB in this session, and a visitor may upload {allowed:,} MB",
            "Upload less, use `aeexplorer data add`, or start the server with a larger --max-user-mb",
        )


def count(files: list[UploadedFile]) -> None:
    """Count files that were stored towards the limit."""
    state.put({_STORED: state.setdefault(_STORED, 0) + sum(file.size for file in files)})
