"""Recognise what the columns of a table are, batch by batch, and convert them to numbers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.dataset import natural_order
from aeexplorer.data.readers.codes import Codes
from aeexplorer.data.readers.dates import finest_unit, is_temporal, looks_like_date, shown_unit, to_days, to_ticks
from aeexplorer.data.readers.narrowing import Narrowing, Numbers
from aeexplorer.data.uploads.options import ColumnGuess

MAX_CATEGORIES = 100
"""Distinct values that a column may have to be recognised as categorical."""
MAX_DISTINCT = 1000
"""Distinct values that are counted; a column with more is never categorical."""
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^(?i:[+-]?(inf|infinity|nan))$"
EXACT_FLOAT64 = 1 << 53
"""Whole numbers up to this are exact as float64."""
_MAX_FLOAT32 = float(np.finfo(np.float32).max)
_KEY_NAME = re.compile(r"(.*[ _-])?(id|uuid|key|index|idx|row|nr|unnamed: \d+)|[a-z]+Id|column \d+", re.IGNORECASE)


@dataclass
class Column:
    """Statistics of one column of a table, updated batch by batch, and the kind of values they suggest."""

    name: str
    n_rows: int = 0
    n_missing: int = 0
    n_non_numeric: int = 0
    """Values that are not numbers."""
    first_non_numeric: tuple[int, str] = (0, "")
    """Row and value of the first value that is not a number."""
    low: float = np.inf
    high: float = -np.inf
    is_consecutive: bool = True
    """Whether the numbers increase by one, or the dates increase, from row to row."""
    is_supported: bool = True
    """False for types other than numbers, booleans, text and dates."""
    is_boolean: bool = False
    """Whether the file declares booleans, which are categories and not numbers."""
    example: str = ""
    """The first value."""
    value_counts: dict[str, int] | None = field(default_factory=dict)
    """Occurrences of each value; None for more than `MAX_DISTINCT` values."""
    is_date: bool | None = None
    """Whether all values so far are dates; None before the first value."""
    has_whole_days: bool = True
    first_day: float = np.inf
    """Earliest date, in days since 1970-01-01."""
    last_day: float = -np.inf
    """Latest date, in days since 1970-01-01."""
    n_spaces: int = 0
    """Spaces in all values together."""
    forced_kind: str = ""
    """``numeric`` or ``categorical`` where the user chose so, else empty."""
    zone: str = ""
    """Time zone of the points in time; empty where the file gives none."""
    finest: int = 4
    """Unit of the points in time that all are whole multiples of: 1 microsecond, 2 millisecond, 3 second, 4 minute."""
    duration_unit: str = ""
    """Unit in which the file counts durations: s, ms, us or ns; empty for other columns."""
    numbers: Numbers = field(default_factory=Numbers, compare=False)
    """Range and digits of the numbers."""

    def __post_init__(self) -> None:
        self.codes = Codes(self.name)

    def update(self, values: pa.Array, decimal: str) -> None:
        """Update the statistics with a further batch, whose numbers have this decimal separator."""
        if pa.types.is_duration(values.type):
            self.duration_unit, values = values.type.unit, to_ticks(values)
        kind = values.type
        self.zone = self.zone or (pa.types.is_timestamp(kind) and kind.tz) or ""
        self.is_boolean |= pa.types.is_boolean(kind)
        self.is_supported &= is_number(kind) or _is_string(kind) or pa.types.is_boolean(kind) or is_temporal(kind)
        if is_number(kind) and self.value_counts is None:  # the values as texts are no longer needed
            numbers = parse_numbers(values, decimal)
            self._update_range(values, numbers)
            self.codes.update(kind, values, numbers)
            self.n_rows += len(numbers)
            self.n_missing += len(numbers) - int(np.isfinite(numbers).sum())
            return
        # values as texts
        texts = to_strings(values)
        valid = texts.drop_null()
        if not self.example and len(valid):
            self.example = valid[0].as_py()[:80]
        self.n_spaces += pc.sum(pc.count_substring(valid, " ")).as_py() or 0
        if self.value_counts is not None:
            for item in pc.value_counts(valid).to_pylist():
                self.value_counts[item["values"]] = self.value_counts.get(item["values"], 0) + item["counts"]
                if len(self.value_counts) > MAX_DISTINCT:
                    self.value_counts = None
                    break
        # values as dates
        if self.is_date is None and len(valid):
            self.is_date = looks_like_date(kind, valid[0].as_py())
        if self.is_date:
            self._update_dates(values if is_temporal(kind) else texts)
        # values as numbers
        if self.is_supported and not self.is_boolean and not is_temporal(kind):
            self._update_numbers(values, texts, decimal)
        self.n_rows += len(values)
        self.n_missing += len(values) - len(valid)

    def _update_numbers(self, values: pa.Array, texts: pa.Array, decimal: str) -> None:
        numbers = parse_numbers(values, decimal)
        is_non_numeric = np.isnan(numbers) & texts.is_valid().to_numpy(zero_copy_only=False)
        if is_non_numeric.any():
            if not self.n_non_numeric:
                row = int(is_non_numeric.argmax())
                self.first_non_numeric = (self.n_rows + row, texts[row].as_py()[:40])
            self.n_non_numeric += int(is_non_numeric.sum())
        self._update_range(values, numbers)
        self.codes.update(values.type, texts, numbers)

    def _update_range(self, values: pa.Array, numbers: np.ndarray) -> None:
        fits = np.abs(numbers) <= _MAX_FLOAT32
        self.numbers.update(_exact(values, numbers))
        self.is_consecutive &= not self.numbers.n_huge
        finite = np.where(fits, numbers, np.nan)
        if not np.isnan(finite).all():
            if self.n_rows:
                expected = self.low + np.arange(self.n_rows, self.n_rows + len(finite))
            else:
                expected = finite[0] + np.arange(len(finite))
            self.is_consecutive &= bool((finite == expected).all())
            self.low, self.high = min(self.low, float(np.nanmin(finite))), max(self.high, float(np.nanmax(finite)))

    def _update_dates(self, values: pa.Array) -> None:
        days = to_days(values)
        valid = days[~np.isnan(days)]
        if len(valid) < len(values) - values.null_count:
            self.is_date = False
        elif len(valid):
            self.has_whole_days &= bool((valid == np.floor(valid)).all())
            self.finest = min(self.finest, finest_unit(valid))
            self.first_day, self.last_day = min(self.first_day, float(valid.min())), max(self.last_day, float(valid.max()))

    @property
    def narrowing(self) -> Narrowing:
        """Range and digits of the numbers that do not count as missing."""
        return self.numbers.narrowing

    @property
    def loses_digits(self) -> bool:
        """Whether the column is learned with fewer digits than its values have."""
        if self.kind == "date":
            return not self.has_whole_days and self.shown_unit > self.finest
        return self.kind == "numeric" and self.narrowing.loses_digits

    @property
    def shown_unit(self) -> int:
        """The unit to which points in time are shown, of those of `finest`: the finest that all values need and float32 keeps."""
        return shown_unit(self.finest, self.last_day - np.floor(self.first_day))

    @property
    def n_infinite(self) -> int:
        """Numbers that count as missing because they are infinite or beyond float32."""
        return self.numbers.n_missing

    @property
    def code_reason(self) -> str:
        """Why numbers of the column are codes and no quantities; empty where they are quantities or the user chose their kind."""
        if self.forced_kind or self.is_boolean or self.is_date or self.duration_unit or not self.numbers.n_known:
            return ""
        is_named = self.codes.has_code_name and self.narrowing.is_whole and not self.n_non_numeric
        return self.codes.reason or ("its name says that its numbers are codes" if is_named else "")

    @property
    def kind(self) -> str:
        """Kind of the values: numeric, categorical, date, text, other, empty or constant."""
        n_known = self.n_rows - self.n_missing
        if n_known == 0:
            return "empty"
        if self.value_counts is not None and len(self.value_counts) == 1:
            return "constant"
        if not self.is_supported:
            return "other"
        if self.forced_kind == "categorical":
            return "categorical" if self.value_counts is not None else "text"
        if self.is_date:
            return "date"
        if self.forced_kind == "numeric":
            return "numeric" if self._is_varied else "text"
        has_few_values = self.value_counts is not None and len(self.value_counts) <= min(MAX_CATEGORIES, max(2, self.n_rows // 2))
        if self.code_reason:
            return "categorical" if has_few_values else "text"
        max_non_numeric = 0 if has_few_values else 0.05 * n_known
        if not self.is_boolean and n_known > self.n_non_numeric and self.n_non_numeric <= max_non_numeric:
            return "numeric" if self._is_varied else "constant"
        return "categorical" if has_few_values else "text"

    @property
    def _is_varied(self) -> bool:
        return self.low < self.high or self.narrowing.low < self.narrowing.high

    @property
    def is_prose(self) -> bool:
        """Whether the values are texts of at least three words on average."""
        return self.kind == "text" and self.n_spaces >= 2 * (self.n_rows - self.n_missing)

    @property
    def categories(self) -> list[str]:
        """Distinct values of a categorical column in natural order."""
        return sorted(self.value_counts or (), key=natural_order)

    @property
    def is_key(self) -> bool:
        """Whether the column looks like a row number or another key.

        Its numbers either increase by one from row to row, or its values are all distinct under a name such as ``id``.
        Consecutive days are no key: what was measured depends on the season.
        """
        is_distinct = self.value_counts is None or len(self.value_counts) == self.n_rows
        is_counter = self.kind == "numeric" and self.is_consecutive and self.n_rows >= 20
        has_key_name = _KEY_NAME.fullmatch(self.name) is not None
        return is_counter or (is_distinct and has_key_name and (self.kind != "numeric" or self._has_whole_numbers))

    @property
    def _has_whole_numbers(self) -> bool:
        return self.low == np.floor(self.low) and self.high == np.floor(self.high) and "." not in self.example

    def guess(self, role: str, why: str) -> ColumnGuess:
        """Describe the column for the upload form, with a suggested role and the reason for it."""
        return ColumnGuess(
            name=self.name,
            kind=self.kind,  # type: ignore[arg-type]
            role=role,  # type: ignore[arg-type]
            missing=self.n_missing,
            distinct=None if self.value_counts is None else len(self.value_counts),
            example=self.example,
            why=why,
        )


def scan_columns(
    names: list[str], batches: Iterable[pa.RecordBatch], decimal: str, max_rows: int | None = None
) -> tuple[list[Column], bool]:
    """Collect the statistics of the columns of a table.

    Parameters
    ----------
    names
        Names of the columns.
    batches
        All rows of the table.
    decimal
        Decimal separator of numbers that are written as text.
    max_rows
        Stop after the batch that reaches this number of rows; None reads all rows.

    Returns
    -------
    columns
        One per name.
    is_complete
        Whether all rows were read.
    """
    columns = [Column(name) for name in names]
    for batch in batches:
        if max_rows is not None and columns[0].n_rows >= max_rows:
            return columns, False
        for column, values in zip(columns, batch.columns, strict=True):
            column.update(values, decimal)
    return columns, True


def is_number(kind: pa.DataType) -> bool:
    """Return whether a type stands for numbers."""
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _is_string(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)


def to_strings(values: pa.Array) -> pa.Array:
    """Convert a primitive column to trimmed text in NFC, and durations to the texts of their ticks.

    Whole floats lose their ``.0``; NaN and empty texts become null.
    """
    if pa.types.is_duration(values.type):
        values = to_ticks(values)
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
        return pc.replace_substring_regex(pc.cast(values, pa.string()), r"\.0$", "")
    trimmed = pc.utf8_normalize(pc.utf8_trim_whitespace(pc.cast(values, pa.string())), "NFC")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def to_numbers(values: pa.Array, decimal: str) -> np.ndarray:
    """Convert a column to float64 ``(n,)``; missing values, non-numbers and numbers beyond float32 become NaN."""
    numbers = parse_numbers(values, decimal)
    return np.where(np.abs(numbers) <= _MAX_FLOAT32, numbers, np.nan)


def parse_numbers(values: pa.Array, decimal: str) -> np.ndarray:
    """Convert a column to float64 ``(n,)``; missing values and non-numbers become NaN."""
    if not is_number(values.type):
        values = to_strings(values)
        if decimal == ",":
            values = pc.replace_substring(values, ",", ".")
        try:
            return to_floats(pc.cast(values, pa.float64()))
        except pa.ArrowInvalid:
            matches = pc.match_substring_regex(values, _NUMBER)
            values = pc.if_else(matches, values, pa.scalar(None, pa.string()))
    return to_floats(pc.cast(values, pa.float64(), safe=False))


def to_floats(values: pa.Array) -> np.ndarray:
    """Convert an array of float64 to NumPy, NaN where null."""
    return values.fill_null(np.nan).to_numpy(zero_copy_only=False)


def _exact(values: pa.Array, numbers: np.ndarray) -> np.ndarray:
    """Return the numbers of a column as int64 where float64 does not hold them and all are whole, else as they are.

    Missing values are left out of an array of int64.
    """
    integers = to_integers(values, numbers)
    return numbers if integers is None else integers.drop_null().to_numpy(zero_copy_only=False)


def to_integers(values: pa.Array, numbers: np.ndarray) -> pa.Array | None:
    """Convert a column to int64 if it has numbers that float64 does not hold; None if it has none, or not all fit."""
    if pa.types.is_floating(values.type) or not (np.abs(numbers) >= EXACT_FLOAT64).any():
        return None
    try:
        return pc.cast(values if is_number(values.type) else to_strings(values), pa.int64())
    except pa.ArrowInvalid:
        return None
