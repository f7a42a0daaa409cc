"""Inputs for user samples of every modality."""

from pathlib import Path

import pytest

from aeexplorer.core.registry import collect
from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting import fitter_of
from aeexplorer.modalities.base import Modality
from aeexplorer.ui.explore.sample_inputs import sample_input_of

WRITTEN = {"tabular", "text", "bag_of_words"}
SHAPES = {"image": (1, 8, 8), "audio": (1, 16, 20), "video": (3, 4, 8, 8), "series": (20, 2)}
META = {"rate": 8000, "fft": 512, "hop": 128, "mels": 16}


@pytest.mark.parametrize("modality", sorted(collect("aeexplorer.modalities", Modality)))
def test_every_modality_has_an_input_and_unwritten_modalities_read_files(modality: str) -> None:
    assert sample_input_of(modality) is not None
    if modality not in WRITTEN:
        fitter = fitter_of(Field("x", modality, SHAPES[modality], "uint8", META, Path()))
        assert fitter is not None
        assert fitter.suffixes
