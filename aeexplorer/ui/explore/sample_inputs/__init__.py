"""How user samples come in, field by field: drawn, written, recorded, photographed, uploaded. One module a modality."""

from aeexplorer.core.registry import collect
from aeexplorer.ui.explore.sample_inputs.base import SampleInput


def sample_input_of(modality: str) -> SampleInput | None:
    """How samples of a modality come in; None where they do not."""
    found: SampleInput | None = collect("aeexplorer.ui.explore.sample_inputs", SampleInput).get(modality)
    return found
