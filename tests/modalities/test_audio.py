"""Spectrograms as pictures."""

from pathlib import Path

import numpy as np
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.audio import Audio

SOUND = Audio(Field("audio", "audio", (1, 12, 20), "uint8", {}, Path()))


def test_low_bands_lie_at_the_bottom_and_louder_is_lighter() -> None:
    raw = np.zeros((2, 1, 12, 20), np.uint8)
    raw[0, 0, 0] = np.linspace(0, 255, 20)
    picture = SOUND.pictures(raw)
    assert picture.shape == (2, 12, 20, 3)
    light = picture[0, -1] @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(light) > 0).all()
    assert (picture[0, :-1] == picture[1, :-1]).all()
    gaps = SOUND.gaps(raw.astype(np.float32))
    assert gaps[0, -1].tolist() == raw[0, 0, 0].tolist()
    assert not gaps[0, :-1].any()


def test_spectrograms_survive_the_way_there_and_back() -> None:
    raw = torch.randint(0, 256, (3, 1, 12, 20), dtype=torch.uint8)
    x = SOUND.prepare(raw)
    assert (x >= 0).all()
    assert (x <= 1).all()
    assert np.array_equal(SOUND.restore(x), raw.numpy())
