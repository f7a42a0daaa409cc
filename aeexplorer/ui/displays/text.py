"""Display of texts: tokens that the reconstruction lost, and tokens that it has instead."""

from collections.abc import Mapping

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.texts import decode_tokens
from aeexplorer.ui.displays._marked import show_marked
from aeexplorer.ui.displays.base import Display


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    tokens = field.meta["tokens"]
    show_marked(ids, samples, lambda sample: decode_tokens(sample, tokens))


DISPLAY = Display("text", _draw)
