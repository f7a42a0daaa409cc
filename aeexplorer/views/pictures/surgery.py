"""A sample whose codes are changed: what the browser shows of it, and what it decodes to."""

import base64
from typing import Any

import numpy as np

from aeexplorer.analysis.codes.codebook import code_grid, codes_of, usage
from aeexplorer.analysis.codes.surgery import Edits, decode_edited, similar_codes, stage_codes
from aeexplorer.analysis.decoding import text_rows
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.cards import Rows
from aeexplorer.views.pictures.pictures import codes_in_picture, pictured, png, sized, tile

SIDE = 150
"""Longer side of a picture, in pixels."""
CHOICES = 48
"""Codes that are offered in each order."""


def shown_field(run: Run) -> tuple[str, Field] | None:
    """Name and field of the pictures that codes are changed in; None where people see no pictures."""
    fields = run.dataset.fields.items()
    return next(((name, field) for name, field in fields if isinstance(modality_of(field), Pictured)), None)


def is_read(run: Run, field: str) -> bool:
    """Whether the board itself shows this field as a text to read: where there are no pictures, and it has no columns."""
    return (
        shown_field(run) is None and run.dataset.fields[field].modality != "tabular" and field == next(iter(run.dataset.fields))
    )


def edited_card(run: Run, sample: int, edits: Edits) -> bytes | Rows:
    """What a sample decodes to with some codes changed: a PNG, or the rows of a table without pictures."""
    decoded = decode_edited(run, sample, edits)
    found = shown_field(run)
    if found is not None:
        return _png(found[1], decoded[found[0]])
    field = next(iter(run.dataset.fields))
    return [(name, "", text) for name, text in text_rows(run, field, decoded)[0]]


def board_tree(run: Run, sample: int) -> dict[str, Any]:
    """What the board takes on which codes are changed.

    ``places`` says for each cell, row by row, which token it is; ``codes`` are those of the sample as the model has them.
    """
    bottleneck = run.model.quantizer
    codes, counts = codes_of(run)[sample], usage(run).counts
    found = shown_field(run)
    tokens = np.arange(bottleneck.tokens).reshape(code_grid(run, sample).shape)
    places = codes_in_picture(found[1], tokens) if found else tokens
    similar = {int(code): similar_codes(run, int(code), CHOICES).tolist() for code in np.unique(codes)}
    stages = [stage_codes(run, stage) for stage in range(bottleneck.stages)]
    used = [among[np.argsort(-counts[among], kind="stable")][:CHOICES].tolist() for among in stages]
    offered = sorted({*map(int, similar), *(code for one in [*similar.values(), *used] for code in one)})
    picture = _png(found[1], run.dataset.samples(np.array([sample]))[found[0]], np.array([sample])) if found else None
    return {
        "run": run.id,
        "sample": sample,
        "places": places.tolist() if places.ndim == 2 else [places.ravel().tolist()],
        "flat": places.ndim != 2 or found is None,
        "codes": codes.tolist(),
        "stages": [[int(among[0]), int(among[-1])] for among in stages],
        "similar": similar,
        "used": used,
        "counts": {code: int(counts[code]) for code in offered},
        "read": is_read(run, next(iter(run.dataset.fields))),
        "picture": None if picture is None else f"data:image/png;base64,{base64.b64encode(picture).decode()}",
    }


def _png(field: Field, samples: np.ndarray, ids: np.ndarray | None = None) -> bytes:
    return png(tile(sized(pictured(field, samples, ids), SIDE), 1))
