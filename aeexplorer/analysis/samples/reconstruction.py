"""Samples beside their reconstructions, with differences and errors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aeexplorer.analysis.decoding import restore, text_rows
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field, presence_key
from aeexplorer.data.units import difference_in_own_units
from aeexplorer.modalities.tabular import Tabular
from aeexplorer.training.run import Run

Choice = Literal["best", "worst", "random"]


@dataclass(frozen=True, eq=False)
class Reconstructions:
    """Samples and their reconstructions, row by row.

    Parameters
    ----------
    ids
        Ids of the samples, int32 ``(m,)``.
    inputs, outputs
        ``{field: (m, *shape)}``, in stored units.
    differences
        ``{field: float32 (m, *x-space shape)}``: output minus input in [0, 1] units, NaN where the input is missing.
    errors
        Mean squared error of each sample, float32 ``(m,)``, in [0, 1] units.
    missing
        ``{field: bool (m,)}``: whether the sample lacks the field. The input of such a sample is meaningless.
    """

    ids: np.ndarray
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    differences: Mapping[str, np.ndarray]
    errors: np.ndarray
    missing: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class ColumnRow:
    """One column of a tabular sample, as texts.

    The difference is empty for a category and where the value is missing. The error is the mean square over the column's features
    in [0, 1] units, NaN where the value is missing.
    """

    column: str
    value: str
    reconstruction: str
    difference: str
    error: float


def samples_by_error(errors: np.ndarray, ids: np.ndarray, choice: Choice, count: int, seed: int = 0) -> np.ndarray:
    """Choose samples by error.

    Parameters
    ----------
    errors
        Error of every sample of the dataset, float32 ``(n,)``.
    ids
        Samples to choose from.
    choice
        ``best`` (lowest errors first), ``worst`` (highest errors first) or ``random``.
    count
        Largest number of samples.
    seed
        Seed of a random choice.

    Returns
    -------
    numpy.ndarray
        Ids, int32 ``(≤ count,)``.

    Raises
    ------
    UserError
        If the choice does not exist.
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
    """Reconstruct samples, in the order of their ids.

    All samples are passed through the model at once: use at most some hundreds.

    Parameters
    ----------
    run, ids
        A run, and ids of its samples.
    seen
        Fields that the encoder sees; all fields if empty. The errors are always those of the run, with all fields seen.
    """
    x, reconstruction = run.reconstruct(ids, seen)
    raw = run.raw(ids)
    return Reconstructions(
        ids=np.asarray(ids, np.int32),
        inputs={name: raw[name].numpy() for name in x},
        outputs=restore(run, [reconstruction]),
        differences={name: (reconstruction[name] - x[name]).numpy() for name in x},
        errors=np.asarray(run.errors[ids]),
        missing={name: ~raw[presence_key(name)].numpy() if presence_key(name) in raw else np.zeros(len(ids), bool) for name in x},
    )


def table_rows(run: Run, field: str, samples: Reconstructions, index: int) -> list[ColumnRow]:
    """List the columns of one sample of a tabular field, highest error first."""
    values = text_rows(run, field, {field: samples.inputs[field][index : index + 1]})[0]
    outputs = text_rows(run, field, {field: samples.outputs[field][index : index + 1]})[0]
    gaps, errors = _gaps(run.dataset.fields[field], samples, index), column_errors(run, field, samples)[index].tolist()
    rows = [ColumnRow(*value, output, gap, e) for value, (_, output), gap, e in zip(values, outputs, gaps, errors, strict=True)]
    return [rows[i] for i in worst_first(np.array(errors))]


def column_errors(run: Run, field: str, samples: Reconstructions) -> np.ndarray:
    """Compute the mean squared error of each column of a tabular field.

    Returns
    -------
    numpy.ndarray
        float32 ``(m, columns)`` in [0, 1] units, NaN where a value is missing.
    """
    modality = Tabular(run.model.modalities[field].field)
    owners = modality.columns_of_features.numpy()  # (features,)
    sums = np.zeros((len(modality.columns), len(samples.ids)), np.float32)
    np.add.at(sums, owners, np.square(samples.differences[field]).T)
    return (sums.T / np.bincount(owners)).astype(np.float32)


def worst_first(errors: np.ndarray) -> np.ndarray:
    """Return the order from the highest error to the lowest, NaN last: int64 indices."""
    return np.argsort(-errors, kind="stable")


def _gaps(field: Field, samples: Reconstructions, index: int) -> list[str]:
    """Format output minus input of each column; empty for categories and missing values."""
    stored = samples.outputs[field.name][index].astype(np.float64) - samples.inputs[field.name][index]
    columns = field.meta.get("columns", [])
    gaps = [difference_in_own_units(c, gap) for c, gap in zip(columns, stored, strict=True)]
    units = [" days" if "start" in c else f" {c['unit']}" if c.get("unit") else "" for c in columns]
    is_number = [c["kind"] == "numeric" and bool(np.isfinite(gap)) for c, gap in zip(columns, gaps, strict=True)]
    return [f"{gap:+.3g}{unit}" if number else "" for gap, unit, number in zip(gaps, units, is_number, strict=True)]
