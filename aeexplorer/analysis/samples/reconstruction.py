"""Samples beside their reconstructions: which to show, what differs, and by how much."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aeexplorer.analysis.decoding import restore, text_rows
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field, presence
from aeexplorer.modalities.tabular import Tabular
from aeexplorer.training.run import Run

Choice = Literal["best", "worst", "random"]


@dataclass(frozen=True, eq=False)
class Reconstructions:
    """Samples and what the model makes of them, row by row.

    Parameters
    ----------
    ids
        int32 ``(m,)``.
    inputs, outputs
        ``{field: (m, *shape)}``, in the units the samples are stored in.
    differences
        ``{field: float32 (m, *x-space shape)}``: output minus input in [0, 1] units, NaN where the input is missing.
    errors
        float32 ``(m,)``: mean squared error, [0, 1] units.
    missing
        ``{field: bool (m,)}``: which samples do not have a field; their input there is nothing.
    """

    ids: np.ndarray
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    differences: Mapping[str, np.ndarray]
    errors: np.ndarray
    missing: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Row:
    """One column of a table's row, as texts; the difference is empty where there is none (missing, or a category).

    The error is the mean square over the column's features, [0, 1] units; NaN where the value is missing.
    """

    column: str
    value: str
    reconstruction: str
    difference: str
    error: float


def choose(errors: np.ndarray, ids: np.ndarray, choice: Choice, count: int, seed: int = 0) -> np.ndarray:
    """Some of the samples by their error.

    Parameters
    ----------
    errors
        float32 ``(n,)`` of every sample of the dataset.
    ids
        Among which.
    choice
        The lowest errors first, the highest first, or any, drawn by the seed.
    count
        At most so many.

    Returns
    -------
    numpy.ndarray
        int32 ``(≤ count,)``.
    """
    if choice == "random":
        chosen = np.random.default_rng(seed).permutation(ids)[:count]
    elif choice in ("best", "worst"):
        order = np.argsort(errors[ids] if choice == "best" else -errors[ids], kind="stable")
        chosen = ids[order[:count]]
    else:
        raise UserError(f"there is no choice {choice!r}", "Choose best, worst or random")
    return chosen.astype(np.int32)


def reconstructions(run: Run, ids: np.ndarray, seen: Collection[str] = ()) -> Reconstructions:
    """Inputs, outputs, differences and errors of samples, in the order of their ids; keep them to some hundreds.

    Parameters
    ----------
    run, ids
        Which samples of which run.
    seen
        The fields that the encoder sees; all of them where none is named. The errors are always those of all fields.
    """
    x, back = run.reconstruct(ids, seen)
    raw = run.raw(ids)
    return Reconstructions(
        ids=np.asarray(ids, np.int32),
        inputs={name: raw[name].numpy() for name in x},
        outputs=restore(run, [back]),
        differences={name: (back[name] - x[name]).numpy() for name in x},
        errors=np.asarray(run.errors[ids]),
        missing={name: ~raw[presence(name)].numpy() if presence(name) in raw else np.zeros(len(ids), bool) for name in x},
    )


def table_rows(run: Run, field: str, shown: Reconstructions, index: int) -> list[Row]:
    """One sample of a tabular field, column by column, the worst first."""
    values = text_rows(run, field, {field: shown.inputs[field][index : index + 1]})[0]
    outputs = text_rows(run, field, {field: shown.outputs[field][index : index + 1]})[0]
    gaps, errors = _gaps(run.dataset.fields[field], shown, index), column_errors(run, field, shown)[index].tolist()
    rows = [Row(*value, output, gap, e) for value, (_, output), gap, e in zip(values, outputs, gaps, errors, strict=True)]
    return [rows[i] for i in worst_first(np.array(errors))]


def column_errors(run: Run, field: str, shown: Reconstructions) -> np.ndarray:
    """Mean squared error of each column of a tabular field: float32 ``(m, columns)``, [0, 1] units, NaN where missing."""
    modality = run.model.modalities[field]
    assert isinstance(modality, Tabular)
    owners = modality.columns_of_features.numpy()
    sums = np.zeros((len(modality.columns), len(shown.ids)), np.float32)
    np.add.at(sums, owners, np.square(shown.differences[field]).T)
    return (sums.T / np.bincount(owners)).astype(np.float32)


def worst_first(errors: np.ndarray) -> np.ndarray:
    """The order from the highest error to the lowest, unknown ones (NaN) last: int64, a place each."""
    return np.argsort(-errors, kind="stable")


def _gaps(field: Field, shown: Reconstructions, index: int) -> list[str]:
    """Output minus input of each numeric column, as texts; empty for what is no number."""
    off = shown.outputs[field.name][index] - shown.inputs[field.name][index]
    columns = field.meta.get("columns", [])
    units = [" days" if "start" in c else "" for c in columns]
    known = [c["kind"] == "numeric" and bool(np.isfinite(gap)) for c, gap in zip(columns, off, strict=True)]
    return [f"{gap:+.3g}{unit}" if fine else "" for gap, unit, fine in zip(off, units, known, strict=True)]
