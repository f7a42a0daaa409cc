"""Code surgery: the board on which a sample's codes are changed, and the decoded result."""

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
from aeexplorer.views.pictures.pictures import codes_in_picture, field_pictures, png_bytes, resize_pictures, tile

SIDE = 150
"""Longer side of a picture, in pixels."""
MAX_CHOICES = 48
"""Number of codes that are offered: the most similar ones, and the most used ones."""


def first_pictured(run: Run) -> tuple[str, Field] | None:
    """Return name and field of the pictures whose codes are changed, or None if the dataset has no pictures."""
    fields = run.dataset.fields.items()
    return next(((name, field) for name, field in fields if isinstance(modality_of(field), Pictured)), None)


def is_shown_as_text(run: Run, field: str) -> bool:
    """Whether the board shows this field as text: the dataset has no pictures, and the field is the first and has no columns."""
    fields = run.dataset.fields
    return first_pictured(run) is None and fields[field].modality != "tabular" and field == next(iter(fields))


def edited_card(run: Run, sample: int, edits: Edits) -> bytes | Rows:
    """Return the card of a sample that is decoded with some of its codes changed: a PNG, or rows of a table."""
    decoded = decode_edited(run, sample, edits)
    pictured = first_pictured(run)
    if pictured is not None:
        return _png(pictured[1], decoded[pictured[0]])
    field = next(iter(run.dataset.fields))
    return [(name, "", text) for name, text in text_rows(run, field, decoded)[0]]


def board_tree(run: Run, sample: int) -> dict[str, Any]:
    """Return the data of the board on which codes are changed.

    ``places`` has the token of each cell, row by row. ``codes`` are the sample's codes in the model's order.
    """
    bottleneck = run.model.quantizer
    codes, counts = codes_of(run)[sample], usage(run).counts
    pictured = first_pictured(run)
    tokens = np.arange(bottleneck.tokens).reshape(code_grid(run, sample).shape)
    places = codes_in_picture(pictured[1], tokens) if pictured else tokens
    similar = {int(code): similar_codes(run, int(code), MAX_CHOICES).tolist() for code in np.unique(codes)}
    stages = [stage_codes(run, stage) for stage in range(bottleneck.stages)]
    used = [members[np.argsort(-counts[members], kind="stable")][:MAX_CHOICES].tolist() for members in stages]
    offered = sorted({*map(int, similar), *(code for group in [*similar.values(), *used] for code in group)})
    picture = _png(pictured[1], run.dataset.samples(np.array([sample]))[pictured[0]], np.array([sample])) if pictured else None
    return {
        "run": run.id,
        "sample": sample,
        "places": places.tolist() if places.ndim == 2 else [places.ravel().tolist()],
        "flat": places.ndim != 2 or pictured is None,
        "codes": codes.tolist(),
        "stages": [[int(members[0]), int(members[-1])] for members in stages],
        "similar": similar,
        "used": used,
        "counts": {code: int(counts[code]) for code in offered},
        "read": is_shown_as_text(run, next(iter(run.dataset.fields))),
        "picture": None if picture is None else f"data:image/png;base64,{base64.b64encode(picture).decode()}",
    }


def _png(field: Field, samples: np.ndarray, ids: np.ndarray | None = None) -> bytes:
    return png_bytes(tile(resize_pictures(field_pictures(field, samples, ids), SIDE), 1))
