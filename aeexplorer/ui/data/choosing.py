"""Choice of the files to upload, single files or a whole folder, within the limit for each user."""

from pathlib import PurePath

import streamlit as st
from streamlit.typing import UploadedFile

from aeexplorer.core.errors import UserError
from aeexplorer.data.uploads.limits import UploadLimits
from aeexplorer.ui.session import state

_UPLOADED = "data.uploaded bytes"
_MB = 1_000_000  # bytes


def choose_files(version: int) -> list[UploadedFile]:
    """Draw the uploader and return the chosen files. Another version is another, empty uploader."""
    folder = st.toggle(
        "A whole folder", key="data.folder", help="All files in the folder. Names of folders inside it are labels, as in a zip."
    )
    return st.file_uploader(
        "Pictures, sounds or videos, or a zip of them; an .npy or .npz array; a table; texts",
        accept_multiple_files="directory" if folder else True,
        key=f"data.files.{version}",
        help="Names of folders inside a zip are labels, unless a CSV or JSON file next to the files has the labels.",
        max_upload_size=UploadLimits.from_environment().per_file_mb,
    )


def suggest_name(files: list[UploadedFile]) -> str:
    """Suggest a name for a dataset: the name of the folder or of the first file."""
    first = PurePath(files[0].name)
    return first.parts[0] if len(first.parts) > 1 else first.stem


def check_upload_limit(files: list[UploadedFile]) -> None:
    """Check that the files, together with those stored earlier in this session, are within the limit for each user.

    Raises
    ------
    UserError
        If the files exceed the limit.
    """
    limit_mb, uploaded = UploadLimits.from_environment().per_user_mb, state.setdefault(_UPLOADED, 0)
    total = uploaded + sum(file.size for file in files)
    if total > limit_mb * _MB:
        raise UserError(
            f"the uploads are {total / _MB:,.0f} MB in this session, and a user may upload {limit_mb:,} MB",
            "Upload less, use `aeexplorer data add`, or start the server with a larger --max-user-mb",
        )


def count_upload(files: list[UploadedFile]) -> None:
    """Count stored files towards the limit."""
    state.put({_UPLOADED: state.setdefault(_UPLOADED, 0) + sum(file.size for file in files)})
