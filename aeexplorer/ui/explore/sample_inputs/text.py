"""Input for texts: write."""

from functools import partial

import numpy as np

from aeexplorer.analysis.samples.written_sample import text_sample
from aeexplorer.data.dataset import Field
from aeexplorer.data.texts import decode_text
from aeexplorer.ui.explore.sample_inputs._texts import draw_text_area
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples


def _start(user_samples: UserSamples, field: Field, sample: np.ndarray) -> None:
    state.put({user_samples.key("text", field.name): decode_text(sample, field.meta["tokens"])})


INPUT = SampleInput("text", partial(draw_text_area, parse=text_sample), start=_start)
