"""Changing single codes of a sample and decoding what comes of it."""

import re
from collections.abc import Mapping

import numpy as np

from aeexplorer.analysis.codes.codebook import codebook_size, codes_of
from aeexplorer.analysis.decoding import decode_codes
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

_EDIT = re.compile(r"(\d{1,7}):(\d{1,7})")
Edits = Mapping[int, int]
"""Place among the codes of a sample (token by token, stage by stage within it) → the code that is to stand there."""


def read_edits(run: Run, written: str) -> dict[int, int]:
    """Edits written as ``place:code,place:code``.

    Raises
    ------
    UserError
        If that is no such text, or a place or code is not there.
    """
    found: dict[int, int] = {}
    for part in filter(None, written.split(",")):
        matched = _EDIT.fullmatch(part)
        if matched is None:
            raise UserError(f"{part!r} changes no code", "Write place:code, several of them with commas between")
        place, code = int(matched[1]), int(matched[2])
        _check(run, place, code)
        found[place] = code
    return found


def write_edits(edits: Edits) -> str:
    """The text that `read_edits` reads."""
    return ",".join(f"{place}:{code}" for place, code in edits.items())


def edited_codes(run: Run, sample: int, edits: Edits) -> np.ndarray:
    """int64 ``(1, T·stages)``: a sample's codes with some of them changed."""
    codes = np.array(codes_of(run)[[sample]], np.int64)
    for place, code in edits.items():
        _check(run, place, code)
        codes[0, place] = code
    return codes


def decode_edited(run: Run, sample: int, edits: Edits) -> dict[str, np.ndarray]:
    """What a sample's codes decode to with some of them changed: samples ``{field: (1, *shape)}``."""
    return decode_codes(run, edited_codes(run, sample, edits))


def stage_codes(run: Run, stage: int) -> np.ndarray:
    """int64 ``(K/stages,)``: the codes that a stage of the codebook has."""
    size = codebook_size(run) // run.model.quantizer.stages
    return np.arange(stage * size, (stage + 1) * size)


def similar_codes(run: Run, code: int, limit: int) -> np.ndarray:
    """int64 ``(≤ limit,)``: the other codes of the same stage, those whose entries lie nearest first (Euclidean)."""
    entries = run.model.quantizer.entries.numpy()
    among = stage_codes(run, code * run.model.quantizer.stages // codebook_size(run))
    distances = np.square(entries[among] - entries[code]).sum(1)
    order = among[np.argsort(distances, kind="stable")]
    return order[order != code][:limit]


def _check(run: Run, place: int, code: int) -> None:
    places = codes_of(run).shape[1]
    if not 0 <= place < places:
        raise UserError(f"a sample has no code {place}", f"Choose a place from 0 to {places - 1}")
    allowed = stage_codes(run, place % run.model.quantizer.stages)
    if not allowed[0] <= code <= allowed[-1]:
        raise UserError(f"code {code} cannot stand at place {place}", f"Choose one from {allowed[0]} to {allowed[-1]}")
