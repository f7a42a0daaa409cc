"""Video files as samples of videos: so many frames, evenly chosen, in the dataset's size and colours."""

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.uploads.members import Member


def _fits(field: Field) -> bool:
    channels, _, height, width = field.shape
    return channels in (1, 3) and height == width and field.dtype == "uint8"


def _read(member: Member, field: Field) -> np.ndarray:
    from aeexplorer.data.readers.clip import Clipper
    from aeexplorer.data.readers.picture import luminance

    channels, frames, side, _ = field.shape
    pixels = Clipper(frames, side, "crop").clip(member)
    if channels == 1:
        pixels = luminance(pixels)[..., None]
    return np.ascontiguousarray(pixels.transpose(3, 0, 1, 2)[None])


FITTER = Fitter("video", "MP4, WebM or animated GIF videos", ("mp4", "m4v", "mov", "webm", "mkv", "gif"), _fits, _read)
