"""The film of a training as the browser plays it: positions, colours, reconstructions and codes of each moment."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.runs.snapshots import TrainingFilm
from aeexplorer.analysis.samples.colouring import colouring
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.training.run import Run
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.maps.points import point_traces
from aeexplorer.views.palette import SCALE
from aeexplorer.views.pictures.pictures import pictured, sized

SIDE = 56
"""Longer side of a reconstruction, in pixels, at most; the player enlarges small ones."""
LOSSLESS = 1_000_000
"""Pixels in all up to which reconstructions are sent exactly."""
READ = 3
"""Samples of rows and texts that are shown."""
LINES = 8
"""Columns of each."""
BARS = 256
"""Entries of the codebook whose use is drawn: those used most in all."""
_STEPS = 65_535
Tree = dict[str, Any]


def film_tree(run: Run, film: TrainingFilm, colour: str) -> Tree:
    """What the film's player takes.

    Parameters
    ----------
    run, film
        A run and the film of its training, or a moment of it.
    colour
        Name of the colouring; as on the map.
    """
    low, span = extent(film)
    placed = np.rint((film.positions - low) / span * _STEPS).astype(np.uint16)
    return {
        "run": run.id,
        "steps": film.steps.tolist(),
        "epochs": [round(float(epoch), 1) for epoch in film.epochs],
        "losses": {name: [_number(value) for value in values] for name, values in film.losses.items()},
        "ids": film.ids,
        "positions": placed.reshape(len(placed), -1),
        "low": low.tolist(),
        "span": span,
        "texts": label_texts(run, film.ids) or [],
        "way": "latents, turned" if film.plain else "PCA",
        **point_colours(run, film.ids, colour),
        "fields": [_field(run, film, name) for name in film.outputs],
        "codes": None if film.usage is None else _codes(film.usage),
    }


def extent(film: TrainingFilm) -> tuple[np.ndarray, float]:
    """The lower corner ``(2,)`` and the side of the square that holds every moment."""
    low, high = film.positions.min((0, 1)), film.positions.max((0, 1))
    span = float((high - low).max()) or 1.0
    return (low + high - span) / 2, span


def point_colours(run: Run, ids: np.ndarray, colour: str) -> Tree:
    """``palette`` and ``names`` of what the samples are, ``symbols``, and which of it each sample is, ``groups`` ``(m,)``.

    Numbers are grouped by the steps of the map's scale.
    """
    flat = np.zeros((len(ids), 2), np.float32)
    traces, marks = point_traces(flat, ids, colouring(run, colour, ids))
    place = {int(sample): i for i, sample in enumerate(ids)}
    palette: list[str] = []
    names: list[str] = []
    symbols: list[str] = []
    groups = np.zeros(len(ids), np.uint8)
    for trace, mark in zip(traces, marks, strict=True):
        rows = np.array([place[int(sample)] for sample in mark.ids])
        if isinstance(trace.marker.color, str):
            groups[rows] = len(palette)
            palette.append(trace.marker.color)
            names.append(trace.name)
            symbols.append(trace.marker.symbol or "circle")
        else:
            share = (np.asarray(trace.marker.color) - trace.marker.cmin) / (trace.marker.cmax - trace.marker.cmin)
            groups[rows] = len(palette) + np.clip(share * len(SCALE), 0, len(SCALE) - 1).astype(np.uint8)
            palette += SCALE
            names += [""] * len(SCALE)
            symbols += ["circle"] * len(SCALE)
    return {"palette": palette, "names": names, "symbols": symbols, "groups": groups}


def _field(run: Run, film: TrainingFilm, name: str) -> Tree:
    field, outputs = run.dataset.fields[name], film.outputs[name]
    ids = film.ids[: outputs.shape[1]]
    inputs = np.asarray(field.array[ids])
    if isinstance(modality_of(field), Pictured):
        return {"name": name, "ids": ids, **_sheet(field, inputs, outputs, ids)}
    read = [dict(rows[:LINES]) for rows in text_rows(run, name, {name: inputs[:READ]})]
    told = [[[text for _, text in rows[:LINES]] for rows in text_rows(run, name, {name: one[:READ]})] for one in outputs]
    return {"name": name, "ids": ids[:READ], "columns": [*read[0]], "inputs": [[*row.values()] for row in read], "rows": told}


def _sheet(field: Field, inputs: np.ndarray, outputs: np.ndarray, ids: np.ndarray) -> Tree:
    """One picture of all: inputs in the first row, then a row of reconstructions a moment."""
    rows = [pictured(field, inputs, ids), *(pictured(field, one) for one in outputs)]
    small = [sized(row, min(SIDE, max(row.shape[1:3]))) for row in rows]
    height, width = small[0].shape[1:3]
    sheet = Image.fromarray(np.concatenate([np.concatenate(list(row), 1) for row in small]))
    out = BytesIO()
    sheet.save(out, "WEBP", lossless=sheet.width * sheet.height <= LOSSLESS, quality=90, method=2)
    return {"sheet": np.frombuffer(out.getvalue(), np.uint8), "width": width, "height": height}


def _codes(usage: np.ndarray) -> Tree:
    """How often each entry is used at each moment, those most used at the last one first."""
    order = np.lexsort((-usage.sum(0), -usage[-1]))[:BARS]
    shares = usage / np.maximum(usage.sum(1, keepdims=True), 1)
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(1)
    return {
        "order": order.astype(np.int32),
        "counts": usage[:, order].astype(np.int32),
        "most": usage.max(1).tolist(),
        "used": (usage > 0).sum(1).tolist(),
        "perplexity": [round(float(value), 1) for value in np.exp(entropy)],
        "size": usage.shape[1],
    }


def _number(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None
