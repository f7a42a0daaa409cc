"""Texts that are bags of words to the model: written in a box."""

from functools import partial

from aeexplorer.analysis.entered import bag_sample
from aeexplorer.ui.entries._texts import write
from aeexplorer.ui.entries.base import Entry

ENTRY = Entry("bag_of_words", partial(write, cut=bag_sample))
