"""The offline page itself: one HTML file that asks nobody for anything."""

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
from aeexplorer.exchange.offline.content import DECODER, LATENTS, Blocks, coloured, decoder_of, latents_of, sheet
from aeexplorer.exchange.offline.pictures import sheet_of
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.pictures import field_pictures

SAMPLES = 5_000
"""Samples of the map that go along at most, chosen so that they stand for all."""
SIZE = 5_000_000
"""Bytes of the file that its parts are cut to."""
LONGEST = 160
"""Characters of a text that go along."""
_STATIC = Path(__file__).with_name("static")
_SCRIPTS = ("engine.js", "content.js", "map.js", "page.js")
_BATCH = 256
_UNREADABLE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def export_page(run: Run, target: Path | str) -> Path:
    """Write the offline page of a run's cheapest map, coloured by its first colouring; returns the path."""
    path = Path(target).expanduser().absolute()
    made, colour = quick_map(run), offered_colourings(run)[0]
    write_bytes(path, offline_page(run, made, colour, cite(run, made, colour, datetime.date.today())))
    return path


def offline_page(run: Run, made: Projection, colour: str, citation: Citation, selected: Sequence[int] | np.ndarray = ()) -> bytes:
    """A run's map as one HTML file, at most about five megabytes.

    Parameters
    ----------
    run
        With results.
    made
        The map, 2-D or 3-D. Of more than 5,000 samples, so many that stand for all go along.
    colour
        Name of the colouring that is shown first.
    citation
        What the page says of itself.
    selected
        Ids of the samples that are selected when it opens.

    Returns
    -------
    bytes
        HTML in UTF-8. Its scripts and styles are named by their hash in a content security policy that allows no request.
    """
    whole, made = made, made.subset(sample_ids(run.dataset, SAMPLES, made.ids))
    blocks = Blocks()
    room = SIZE * 3 / 4  # base64 makes four letters of three bytes
    about: dict[str, Any] = {
        "title": f"{run.name} · {run.dataset.name}",
        "map": method_of(made.method).title,
        "caption": made.caption,
        "dims": made.dims,
        "ids": blocks.add(made.ids.astype(np.int32)),
        "positions": blocks.add(made.xy.astype(np.float32)),
        "plane": None if made.plane is None else blocks.add(made.plane.astype(np.float32)),
        "selected": [int(one) for one in np.intersect1d(selected, made.ids)],
        "colourings": coloured(run, whole, made, colour, blocks),
        "citation": {"text": citation.text, "bibtex": citation.bibtex},
        "latents": latents_of(run, made.ids, LATENTS * room, blocks),
    }
    shown = next((field for field in run.dataset.fields.values() if isinstance(modality_of(field), Pictured)), None)
    about |= _decoder(run, shown, made.ids, room, blocks)
    about |= _seen(run, shown, made.ids, room, blocks, decodes=about["decoder"] is not None and about["latents"] is not None)
    return _assembled(about, blocks)


def _decoder(run: Run, shown: Field | None, ids: np.ndarray, room: float, blocks: Blocks) -> dict[str, Any]:
    if shown is None or shown.modality != "image":
        kinds = ", ".join(dict.fromkeys(field.modality for field in run.dataset.fields.values()))
        return {"decoder": None, "notice": f"Nothing is decoded in this file: it decodes pictures, and these are {kinds} data."}
    try:
        return {"decoder": decoder_of(run, shown, ids, DECODER * room, blocks), "notice": ""}
    except UserError as error:
        return {"decoder": None, "notice": f"Nothing is decoded in this file: {error.reason}."}


def _seen(run: Run, shown: Field | None, ids: np.ndarray, room: float, blocks: Blocks, decodes: bool) -> dict[str, Any]:
    """What a person sees of the samples: pictures, and reconstructions where the page does not make them itself; or texts."""
    if shown is None:
        return {"pictures": None, "reconstructions": None, "texts": _texts(run, ids)}
    left = room - blocks.size - 150_000  # scripts, names and citation
    inputs = sheet_of(field_pictures(shown, np.asarray(shown.array[ids]), ids), left if decodes else left / 2)
    found = {"pictures": sheet(inputs, blocks), "reconstructions": None, "texts": None}
    if not decodes:
        found["reconstructions"] = sheet(sheet_of(_reconstructed(run, shown, ids), left / 2), blocks)
    return found


def _reconstructed(run: Run, shown: Field, ids: np.ndarray) -> np.ndarray:
    parts = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
    return np.concatenate([field_pictures(shown, restore(run, [run.reconstruct(part)[1]])[shown.name]) for part in parts])


def _texts(run: Run, ids: np.ndarray) -> list[str]:
    """Each sample as one line."""
    name, field = next(iter(run.dataset.fields.items()))
    rows = text_rows(run, name, {name: np.asarray(field.array[ids])})
    lines = (", ".join(f"{column}: {text}" if len(row) > 1 else text for column, text in row) for row in rows)
    return [line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in lines]


def _assembled(about: dict[str, Any], blocks: Blocks) -> bytes:
    script = "\n".join(['"use strict";', *((_STATIC / name).read_text("utf-8") for name in _SCRIPTS)])
    style = (_STATIC / "page.css").read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "POLICY": html.escape(policy),
        "TITLE": html.escape(about["title"]),
        "STYLE": style,
        "ABOUT": orjson.dumps(about).decode().translate(_UNREADABLE),
        "BYTES": blocks.text(),
        "SCRIPT": script,
    }
    pieces = (_STATIC / "page.html").read_text("utf-8").split("%%")
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces)).encode()


def _digest(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"
