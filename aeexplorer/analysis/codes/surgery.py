"""Code surgery: change single codes of a sample and decode the result."""

import re
from collections.abc import Mapping

import numpy as np

from aeexplorer.analysis.codes.codebook import codebook_size, codes_of
from aeexplorer.analysis.decoding import decode_codes
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

_EDIT = re.compile(r"(\d{1,7}):(\d{1,7})")
Edits = Mapping[int, int]
"""New codes by position among the codes of a sample (token by token, and stage by stage within a token)."""


def parse_edits(run: Run, text: str) -> dict[int, int]:
    """Parse edits from a text ``position:code,position:code``.

    Raises
    ------
    UserError
        If the text has another form, or if a position or a code does not exist.
    """
    edits: dict[int, int] = {}
    for part in filter(None, text.split(",")):
        match = _EDIT.fullmatch(part)
        if match is None:
            raise UserError(f"{part!r} is not an edit of a code", "Write position:code, and separate several edits with commas")
        position, code = int(match[1]), int(match[2])
        _check_edit(run, position, code)
        edits[position] = code
    return edits


def format_edits(edits: Edits) -> str:
    """Format edits as a text that `parse_edits` reads."""
    return ",".join(f"{position}:{code}" for position, code in edits.items())


def edited_codes(run: Run, sample: int, edits: Edits) -> np.ndarray:
    """Return the codes of a sample after the edits, int64 ``(1, T·stages)``.

    Raises
    ------
    UserError
        If a position or a code does not exist.
    """
    codes = np.array(codes_of(run)[[sample]], np.int64)
    for position, code in edits.items():
        _check_edit(run, position, code)
        codes[0, position] = code
    return codes


def decode_edited(run: Run, sample: int, edits: Edits) -> dict[str, np.ndarray]:
    """Decode the codes of a sample after the edits: ``{field: (1, *shape)}``.

    Raises
    ------
    UserError
        Raises the same errors as `edited_codes`.
    """
    return decode_codes(run, edited_codes(run, sample, edits))


def stage_codes(run: Run, stage: int) -> np.ndarray:
    """Return the codes of a stage of the codebook, int64 ``(K/stages,)``."""
    size = codebook_size(run) // run.model.quantizer.stages
    return np.arange(stage * size, (stage + 1) * size)


def similar_codes(run: Run, code: int, limit: int) -> np.ndarray:
    """Return other codes of the same stage by the Euclidean distance of their entries, nearest first: int64 ``(≤ limit,)``."""
    entries = run.model.quantizer.entries.numpy()
    candidates = stage_codes(run, code * run.model.quantizer.stages // codebook_size(run))
    distances = np.square(entries[candidates] - entries[code]).sum(1)
    order = candidates[np.argsort(distances, kind="stable")]
    return order[order != code][:limit]


def _check_edit(run: Run, position: int, code: int) -> None:
    positions = codes_of(run).shape[1]
    if not 0 <= position < positions:
        raise UserError(f"a sample has no position {position}", f"Choose a position from 0 to {positions - 1}")
    allowed = stage_codes(run, position % run.model.quantizer.stages)
    if not allowed[0] <= code <= allowed[-1]:
        raise UserError(f"code {code} is not allowed at position {position}", f"Choose one from {allowed[0]} to {allowed[-1]}")
