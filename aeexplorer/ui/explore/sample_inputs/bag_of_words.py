"""Input for texts that the model sees as bags of words: write."""

from functools import partial

from aeexplorer.analysis.samples.written_sample import bag_sample
from aeexplorer.ui.explore.sample_inputs._texts import draw_text_area
from aeexplorer.ui.explore.sample_inputs.base import SampleInput

INPUT = SampleInput("bag_of_words", partial(draw_text_area, parse=bag_sample))
