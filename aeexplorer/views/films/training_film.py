"""Film of a training for the browser's player: positions, colours, reconstructions and codes at each snapshot."""

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
from aeexplorer.views.pictures.pictures import field_pictures, resize_pictures

SIDE = 56
"""Largest longer side of a reconstruction, in pixels. The player magnifies small ones."""
MAX_LOSSLESS_PIXELS = 1_000_000
"""Total number of pixels up to which the reconstructions are compressed without loss."""
MAX_TEXT_SAMPLES = 3
"""Number of samples that are shown as rows or texts."""
MAX_COLUMNS = 8
"""Number of columns of each row."""
MAX_CODES = 256
"""Number of codes whose use is drawn, the most used ones."""
_POSITION_STEPS = 65_535
Tree = dict[str, Any]


def film_tree(run: Run, film: TrainingFilm, colour: str) -> Tree:
    """Return the data of the film's player.

    Parameters
    ----------
    run, film
        Run, and the film of its training or one snapshot of it.
    colour
        Name of the colouring, as for the map.
    """
    low, span = extent(film)
    positions = np.rint((film.positions - low) / span * _POSITION_STEPS).astype(np.uint16)
    return {
        "run": run.id,
        "steps": film.steps.tolist(),
        "epochs": [round(float(epoch), 1) for epoch in film.epochs],
        "losses": {name: [_number(value) for value in values] for name, values in film.losses.items()},
        "ids": film.ids,
        "positions": positions.reshape(len(positions), -1),
        "low": low.tolist(),
        "span": span,
        "texts": label_texts(run, film.ids) or [],
        "way": "latents, turned" if film.shows_latents else "PCA",
        **point_colours(run, film.ids, colour),
        "fields": [_field(run, film, name) for name in film.outputs],
        "codes": None if film.usage is None else _codes(film.usage),
    }


def extent(film: TrainingFilm) -> tuple[np.ndarray, float]:
    """Return the lower left corner ``(2,)`` and the side of the smallest square that holds all positions of the film."""
    low, high = film.positions.min((0, 1)), film.positions.max((0, 1))
    span = float((high - low).max()) or 1.0
    return (low + high - span) / 2, span


def point_colours(run: Run, ids: np.ndarray, colour: str) -> Tree:
    """Return the colours ``palette``, ``names`` and ``symbols`` of the groups, and the group of each sample, ``groups`` ``(m,)``.

    Categories are groups. Numbers are grouped by the steps of the map's colour scale.
    """
    positions = np.zeros((len(ids), 2), np.float32)
    traces, marks = point_traces(positions, ids, colouring(run, colour, ids))
    row_of = {int(sample): i for i, sample in enumerate(ids)}
    palette: list[str] = []
    names: list[str] = []
    symbols: list[str] = []
    groups = np.zeros(len(ids), np.uint8)
    for trace, mark in zip(traces, marks, strict=True):
        rows = np.array([row_of[int(sample)] for sample in mark.ids])
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
    input_rows = _rows(run, name, inputs)
    output_rows = [[[text for _, text in row] for row in _rows(run, name, samples)] for samples in outputs]
    return {
        "name": name,
        "ids": ids[:MAX_TEXT_SAMPLES],
        "columns": [column for column, _ in input_rows[0]],
        "inputs": [[text for _, text in row] for row in input_rows],
        "rows": output_rows,
    }


def _rows(run: Run, name: str, samples: np.ndarray) -> list[list[tuple[str, str]]]:
    """Return column and text of the first columns of the first samples."""
    return [row[:MAX_COLUMNS] for row in text_rows(run, name, {name: samples[:MAX_TEXT_SAMPLES]})]


def _sheet(field: Field, inputs: np.ndarray, outputs: np.ndarray, ids: np.ndarray) -> Tree:
    """Return one picture with the inputs in the first row, and a row of reconstructions for each snapshot."""
    rows = [field_pictures(field, inputs, ids), *(field_pictures(field, samples) for samples in outputs)]
    small = [resize_pictures(row, min(SIDE, max(row.shape[1:3]))) for row in rows]
    height, width = small[0].shape[1:3]
    sheet = Image.fromarray(np.concatenate([np.concatenate(list(row), 1) for row in small]))
    out = BytesIO()
    sheet.save(out, "WEBP", lossless=sheet.width * sheet.height <= MAX_LOSSLESS_PIXELS, quality=90, method=2)
    return {"sheet": np.frombuffer(out.getvalue(), np.uint8), "width": width, "height": height}


def _codes(usage: np.ndarray) -> Tree:
    """Return how often each code is used at each snapshot, the most used codes of the last snapshot first."""
    order = np.lexsort((-usage.sum(0), -usage[-1]))[:MAX_CODES]
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
