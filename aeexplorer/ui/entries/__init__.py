"""How guests come in, field by field: drawn, written, recorded, photographed, uploaded. One module a modality."""

from aeexplorer.registry import collect
from aeexplorer.ui.entries.base import Entry


def entry_of(modality: str) -> Entry | None:
    """How samples of a modality come in; None where they do not."""
    found: Entry | None = collect("aeexplorer.ui.entries", Entry).get(modality)
    return found
