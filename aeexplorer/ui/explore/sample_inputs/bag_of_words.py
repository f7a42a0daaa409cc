"""Texts that are bags of words to the model: written in a box."""

from functools import partial

from aeexplorer.analysis.samples.written_sample import bag_sample
from aeexplorer.ui.explore.sample_inputs._texts import write
from aeexplorer.ui.explore.sample_inputs.base import SampleInput

INPUT = SampleInput("bag_of_words", partial(write, cut=bag_sample))
