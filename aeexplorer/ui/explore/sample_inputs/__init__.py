"""Inputs for user samples: draw, write, record, photograph or upload. Each module of this folder is for one modality."""

from aeexplorer.core.registry import collect
from aeexplorer.ui.explore.sample_inputs.base import SampleInput


def sample_input_of(modality: str) -> SampleInput | None:
    """Return the input of a modality, or None."""
    sample_input: SampleInput | None = collect("aeexplorer.ui.explore.sample_inputs", SampleInput).get(modality)
    return sample_input
