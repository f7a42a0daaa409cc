"""Texts: written in a box."""

from functools import partial

import numpy as np

from aeexplorer.analysis.samples.written_sample import text_sample
from aeexplorer.data.dataset import Field
from aeexplorer.data.texts import joined
from aeexplorer.ui.explore.sample_inputs._texts import write
from aeexplorer.ui.explore.sample_inputs.base import Entry
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import Desk


def _start(desk: Desk, field: Field, sample: np.ndarray) -> None:
    state.put({desk.key("text", field.name): joined(sample, field.meta["tokens"])})


ENTRY = Entry("text", partial(write, cut=text_sample), start=_start)
