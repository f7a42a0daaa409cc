"""How guests come in, field by field: drawn, written, recorded, photographed, uploaded. One module a modality."""

from aeexplorer.core.registry import collect
from aeexplorer.ui.explore.sample_inputs.base import Entry


def entry_of(modality: str) -> Entry | None:
    """How samples of a modality come in; None where they do not."""
    found: Entry | None = collect("aeexplorer.ui.explore.sample_inputs", Entry).get(modality)
    return found
