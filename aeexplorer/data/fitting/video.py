"""Video files as samples of videos: evenly spaced frames, in the number, size and colours of the field."""

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.uploads.members import Member


def _fits(field: Field) -> bool:
    channels, _, height, width = field.shape
    return channels in (1, 3) and height == width and field.dtype == "uint8"


def _read(member: Member, field: Field) -> np.ndarray:
    from aeexplorer.data.readers.image import luminance
    from aeexplorer.data.readers.video import VideoReader

    channels, frames, side, _ = field.shape
    pixels = VideoReader(frames, side, "crop").read(member)
    if channels == 1:
        pixels = luminance(pixels)[..., None]
    return np.ascontiguousarray(pixels.transpose(3, 0, 1, 2)[None])


FITTER = Fitter("video", "MP4, WebM or animated GIF videos", ("mp4", "m4v", "mov", "webm", "mkv", "gif"), _fits, _read)
