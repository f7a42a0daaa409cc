"""Input for videos: upload."""

from aeexplorer.ui.explore.sample_inputs._files import draw_upload
from aeexplorer.ui.explore.sample_inputs.base import SampleInput

INPUT = SampleInput("video", draw_upload)
