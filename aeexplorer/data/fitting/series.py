"""Tables and arrays as samples of series: cut to the number of steps of the field; shorter series end with missing values."""

import io
import tokenize

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.units import to_stored_samples
from aeexplorer.data.uploads.members import Member

_MAX_ROWS = 10_000
_MAX_FILE_BYTES = 64 << 20


def _read(member: Member, field: Field) -> np.ndarray:
    all_series = _read_array(member, field) if member.kind == "npy" else _read_table(member, field)
    steps, channels = field.shape
    samples = np.full((len(all_series), steps, channels), np.nan, np.float32)
    for sample, series in zip(samples, all_series, strict=True):
        length = min(steps, len(series))
        sample[:length] = to_stored_samples(field.meta, series[:length])
    if np.isnan(samples).all((1, 2)).any():
        raise member.rejected("one of its series holds no number", "Give numbers, one row per step")
    return samples


def _read_table(member: Member, field: Field) -> list[np.ndarray]:
    """Read one series, with a row per step, if the columns are the channels; else a series of one channel from each row."""
    from aeexplorer.data.readers.cells.table import UnderstoodTable
    from aeexplorer.data.readers.columns import to_numbers
    from aeexplorer.data.readers.csv import CsvSource
    from aeexplorer.data.uploads.options import TableOptions

    source = UnderstoodTable(CsvSource(member), TableOptions())
    channels = [str(column["name"]) for column in field.meta["columns"]]
    names = [name.strip() for name in source.names]
    by_name = set(channels) <= set(names)
    indices = [names.index(name) for name in channels] if by_name else list(range(len(names)))
    if not by_name and field.shape[1] > 1 and len(names) != field.shape[1]:
        raise member.rejected(
            f"its columns are not the dataset's channels ({', '.join(channels[:8])})", "Give its columns these names"
        )
    rows: list[np.ndarray] = []
    for batch in source.batches():
        rows.append(np.stack([to_numbers(batch.column(i), source.decimal) for i in indices], 1))
        if sum(map(len, rows)) > _MAX_ROWS:
            raise member.rejected(f"it has more than {_MAX_ROWS:,} rows", "Give only the series to look at")
    table = np.concatenate(rows) if rows else np.empty((0, len(indices)))
    steps_are_rows = by_name or len(names) == field.shape[1]
    return [table] if steps_are_rows else [row[:, None] for row in table]


def _read_array(member: Member, field: Field) -> list[np.ndarray]:
    """Read series from a ``.npy`` file, see the accepted shapes at the end."""
    try:
        array = np.lib.format.read_array(io.BytesIO(member.read(_MAX_FILE_BYTES)), allow_pickle=False)
    except (ValueError, SyntaxError, TypeError, RecursionError, tokenize.TokenError):
        raise member.rejected("it is not a readable array of numbers", "Save it with numpy.save, as numbers") from None
    if array.dtype.kind not in "buif":
        raise member.rejected(f"it holds {array.dtype.name}, not numbers", "Save an array of numbers")
    shape: tuple[int, ...] = array.shape
    if len(shape) == 3 and shape[2] == field.shape[1]:  # (series, steps, channels)
        return list(array)
    if len(shape) == 2 and shape[1] == field.shape[1]:  # (steps, channels)
        return [array]
    if len(shape) == 2 and field.shape[1] == 1:  # (series, steps)
        return list(array[..., None])
    if len(shape) == 1 and field.shape[1] == 1:  # (steps,)
        return [array[:, None]]
    reason = f"its shape {tuple(shape)} is not that of series of {field.shape[1]} channels"
    raise member.rejected(reason, f"Give an array of shape (steps, {field.shape[1]})")


FITTER = Fitter("series", "CSV tables or .npy arrays", ("csv", "tsv", "txt", "npy"), lambda field: True, _read)
