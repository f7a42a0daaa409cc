"""Videos: uploaded."""

from aeexplorer.ui.explore.sample_inputs._files import upload
from aeexplorer.ui.explore.sample_inputs.base import SampleInput

INPUT = SampleInput("video", upload)
