"""Export a run as an offline page: one HTML file that makes no network request."""

import base64
import datetime
import hashlib
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from aeexplorer.analysis.decoding import restore, text_rows
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.runs.citation import Citation, cite
from aeexplorer.analysis.runs.comparison import quick_map
from aeexplorer.analysis.samples.colouring import offered_colourings
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import write_bytes
from aeexplorer.data.dataset import Field
from aeexplorer.exchange.offline.content import (
    DECODER_SHARE,
    LATENTS_SHARE,
    Blocks,
    encode_colourings,
    encode_decoder,
    encode_latents,
    encode_sheet,
)
from aeexplorer.exchange.offline.pictures import build_sheet
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.pictures import field_pictures

MAX_SAMPLES = 5_000
"""Largest number of samples in the file. Of a larger map, a representative subset is taken."""
TARGET_BYTES = 5_000_000
"""Size that the file should not exceed. The precision of decoder, latents and pictures is reduced to reach it."""
MAX_TEXT_LENGTH = 160
"""Largest number of characters of a sample's text in the file."""
_STATIC = Path(__file__).with_name("static")
_SCRIPTS = ("engine.js", "content.js", "map.js", "page.js")
_BATCH_SIZE = 256
_JSON_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def export_page(run: Run, target: Path | str) -> Path:
    """Write the offline page of a run's quickest map with its first colouring, and return the absolute path."""
    path = Path(target).expanduser().absolute()
    projection, colour = quick_map(run), offered_colourings(run)[0]
    write_bytes(path, offline_page(run, projection, colour, cite(run, projection, colour, datetime.date.today())))
    return path


def offline_page(
    run: Run, projection: Projection, colour: str, citation: Citation, selected: Sequence[int] | np.ndarray = ()
) -> bytes:
    """Build the offline page of a run: a map as one HTML file of at most about five megabytes.

    Parameters
    ----------
    run
        A run with results.
    projection
        The map, 2-D or 3-D. Of a map with more than `MAX_SAMPLES` samples, a representative subset is taken.
    colour
        Name of the colouring that is shown first.
    citation
        Citation to show on the page.
    selected
        Ids of the samples that are selected when the page opens.

    Returns
    -------
    bytes
        HTML in UTF-8. Its content security policy allows only the page's own script and style, by hash, and no request.
    """
    whole, projection = projection, projection.subset(sample_ids(run.dataset, MAX_SAMPLES, projection.ids))
    blocks = Blocks()
    budget = TARGET_BYTES * 3 / 4  # base64 encodes three bytes as four characters
    about: dict[str, Any] = {
        "title": f"{run.name} · {run.dataset.name}",
        "map": method_of(projection.method).title,
        "caption": projection.caption,
        "dims": projection.dims,
        "ids": blocks.add(projection.ids.astype(np.int32)),
        "positions": blocks.add(projection.xy.astype(np.float32)),
        "plane": None if projection.plane is None else blocks.add(projection.plane.astype(np.float32)),
        "selected": [int(sample) for sample in np.intersect1d(selected, projection.ids)],
        "colourings": encode_colourings(run, whole, projection, colour, blocks),
        "citation": {"text": citation.text, "bibtex": citation.bibtex},
        "latents": encode_latents(run, projection.ids, LATENTS_SHARE * budget, blocks),
    }
    field = next((field for field in run.dataset.fields.values() if isinstance(modality_of(field), Pictured)), None)
    about |= _encode_decoder_or_notice(run, field, projection.ids, budget, blocks)
    can_reconstruct = about["decoder"] is not None and about["latents"] is not None
    about |= _encode_samples(run, field, projection.ids, budget, blocks, can_reconstruct)
    return _assemble(about, blocks)


def _encode_decoder_or_notice(run: Run, field: Field | None, ids: np.ndarray, budget: float, blocks: Blocks) -> dict[str, Any]:
    """Encode the decoder, or explain why the page has none."""
    if field is None or field.modality != "image":
        kinds = ", ".join(dict.fromkeys(field.modality for field in run.dataset.fields.values()))
        notice = f"This page has no decoder: it can only decode pictures, and this run has {kinds} data."
        return {"decoder": None, "notice": notice}
    try:
        return {"decoder": encode_decoder(run, field, ids, DECODER_SHARE * budget, blocks), "notice": ""}
    except UserError as error:
        return {"decoder": None, "notice": f"This page has no decoder: {error.reason}."}


def _encode_samples(
    run: Run, field: Field | None, ids: np.ndarray, budget: float, blocks: Blocks, can_reconstruct: bool
) -> dict[str, Any]:
    """Encode the samples as pictures, or as texts without a field that has pictures.

    Reconstructions are encoded only if the page cannot compute them itself.
    """
    if field is None:
        return {"pictures": None, "reconstructions": None, "texts": _sample_texts(run, ids)}
    remaining = budget - blocks.size - 150_000  # scripts, names and citation
    inputs = build_sheet(
        field_pictures(field, np.asarray(field.array[ids]), ids), remaining if can_reconstruct else remaining / 2
    )
    about = {"pictures": encode_sheet(inputs, blocks), "reconstructions": None, "texts": None}
    if not can_reconstruct:
        reconstructions = build_sheet(_reconstruction_pictures(run, field, ids), remaining / 2)
        about["reconstructions"] = encode_sheet(reconstructions, blocks)
    return about


def _reconstruction_pictures(run: Run, field: Field, ids: np.ndarray) -> np.ndarray:
    batches = [ids[start : start + _BATCH_SIZE] for start in range(0, len(ids), _BATCH_SIZE)]
    return np.concatenate([field_pictures(field, restore(run, [run.reconstruct(batch)[1]])[field.name]) for batch in batches])


def _sample_texts(run: Run, ids: np.ndarray) -> list[str]:
    """Return one line of text per sample."""
    name, field = next(iter(run.dataset.fields.items()))
    rows = text_rows(run, name, {name: np.asarray(field.array[ids])})
    lines = (", ".join(f"{column}: {text}" if len(row) > 1 else text for column, text in row) for row in rows)
    return [line if len(line) <= MAX_TEXT_LENGTH else f"{line[: MAX_TEXT_LENGTH - 1]}…" for line in lines]


def _assemble(about: dict[str, Any], blocks: Blocks) -> bytes:
    """Fill the template of the page: its parts alternate between HTML and the names of the parts to insert."""
    script = "\n".join(['"use strict";', *((_STATIC / name).read_text("utf-8") for name in _SCRIPTS)])
    style = (_STATIC / "page.css").read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src '{_hash_source(script)}'; style-src '{_hash_source(style)}'; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "POLICY": html.escape(policy),
        "TITLE": html.escape(about["title"]),
        "STYLE": style,
        "ABOUT": orjson.dumps(about).decode().translate(_JSON_ESCAPES),
        "BYTES": blocks.text(),
        "SCRIPT": script,
    }
    pieces = (_STATIC / "page.html").read_text("utf-8").split("%%")
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces)).encode()


def _hash_source(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"
