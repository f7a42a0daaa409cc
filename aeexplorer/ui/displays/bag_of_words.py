"""Display of bags of words: the strongest words of the input and of the reconstruction."""

from collections.abc import Mapping

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.bag_of_words import BagOfWords
from aeexplorer.ui.displays._marked import show_marked
from aeexplorer.ui.displays.base import Display


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    bag = BagOfWords(field)
    show_marked(ids, samples, lambda sample: sorted(f" {word}" for word in bag.strongest_words(sample)))


DISPLAY = Display("bag_of_words", _draw)
