"""Tables and arrays as samples of series: cut to the dataset's number of steps, shorter ones missing after their end."""

import io
import tokenize

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.uploads.members import Member

_MOST_ROWS = 10_000
_LARGEST_FILE = 64 << 20


def _read(member: Member, field: Field) -> np.ndarray:
    found = _of_array(member, field) if member.kind == "npy" else _of_table(member, field)
    steps, channels = field.shape
    samples = np.full((len(found), steps, channels), np.nan, np.float32)
    for sample, series in zip(samples, found, strict=True):
        length = min(steps, len(series))
        sample[:length] = series[:length]
    if np.isnan(samples).all((1, 2)).any():
        raise member.rejected("a series of it holds no number", "Give numbers, a row a step")
    return samples


def _of_table(member: Member, field: Field) -> list[np.ndarray]:
    """A series whose steps are rows where the columns are the channels; else each row a series of one channel."""
    from aeexplorer.data.readers.columns import numbers
    from aeexplorer.data.readers.csv import CsvSource

    source = CsvSource(member)
    channels = [str(about["name"]) for about in field.meta["columns"]]
    names = [name.strip() for name in source.names]
    by_name = set(channels) <= set(names)
    wanted = [names.index(name) for name in channels] if by_name else list(range(len(names)))
    if not by_name and field.shape[1] > 1 and len(names) != field.shape[1]:
        raise member.rejected(f"its columns are not the dataset's channels ({', '.join(channels[:8])})", "Name its columns so")
    rows: list[np.ndarray] = []
    for batch in source.batches():
        rows.append(np.stack([numbers(batch.column(i), source.decimal) for i in wanted], 1))
        if sum(map(len, rows)) > _MOST_ROWS:
            raise member.rejected(f"it has more than {_MOST_ROWS:,} rows", "Give the series to be looked at alone")
    table = np.concatenate(rows) if rows else np.empty((0, len(wanted)))
    steps_are_rows = by_name or len(names) == field.shape[1]
    return [table] if steps_are_rows else [row[:, None] for row in table]


def _of_array(member: Member, field: Field) -> list[np.ndarray]:
    try:
        array = np.lib.format.read_array(io.BytesIO(member.read(_LARGEST_FILE)), allow_pickle=False)
    except (ValueError, SyntaxError, TypeError, RecursionError, tokenize.TokenError) as error:
        raise member.rejected(f"it is no readable array ({str(error)[:100]})", "Save it with numpy.save, as numbers") from None
    if array.dtype.kind not in "buif":
        raise member.rejected(f"it holds {array.dtype.name}, not numbers", "Save numbers")
    shape: tuple[int, ...] = array.shape
    if len(shape) == 3 and shape[2] == field.shape[1]:
        return list(array)
    if len(shape) == 2 and shape[1] == field.shape[1]:
        return [array]
    if len(shape) == 2 and field.shape[1] == 1:
        return list(array[..., None])
    if len(shape) == 1 and field.shape[1] == 1:
        return [array[:, None]]
    reason = f"its shape {tuple(shape)} is not that of series of {field.shape[1]} channels"
    raise member.rejected(reason, f"Give (steps, {field.shape[1]})")


FITTER = Fitter("series", "CSV tables or .npy arrays", ("csv", "tsv", "txt", "npy"), lambda field: True, _read)
