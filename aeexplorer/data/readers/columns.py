"""Finding out what the columns of a table are, batch by batch, and turning them into numbers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.dataset import natural_order
from aeexplorer.data.readers.dates import days, is_temporal, looks_dated, start_of
from aeexplorer.data.tabular import column as described_column
from aeexplorer.data.uploads.options import ColumnGuess

MOST_CATEGORIES = 100
MOST_DISTINCT = 1000
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^(?i:[+-]?(inf|infinity|nan))$"
_LARGEST = float(np.finfo(np.float32).max)
_KEY = re.compile(r"(.*[ _-])?(id|uuid|key|index|idx|row|nr|unnamed: \d+)|[a-z]+Id|column \d+", re.IGNORECASE)


@dataclass
class Column:
    """What has been seen of a column so far."""

    name: str
    rows: int = 0
    missing: int = 0
    strange: int = 0
    """Values that are not numbers."""
    first_strange: tuple[int, str] = (0, "")
    """Row and value of the first of them."""
    infinite: int = 0
    low: float = np.inf
    high: float = -np.inf
    consecutive: bool = True
    """Whether numbers count the rows, or dates rise from row to row."""
    readable: bool = True
    """False for types that are neither numbers nor text nor dates."""
    is_text: bool = False
    """Whether the file says that it is no number (booleans)."""
    example: str = ""
    counts: dict[str, int] | None = field(default_factory=dict)
    """How often each value occurs; None when there are more than a thousand."""
    dated: bool | None = None
    """Whether the values are dates, as far as seen; None before the first value."""
    whole_days: bool = True
    first_day: float = np.inf
    last_day: float = -np.inf
    spaces: int = 0
    """Spaces between words, over all values."""
    forced: str = ""
    """numeric or categorical, where a person said so."""

    def look(self, values: pa.Array, decimal: str) -> None:
        """Take a further batch into account."""
        self.is_text |= pa.types.is_boolean(values.type)
        kind = values.type
        self.readable &= _is_number(kind) or _is_string(kind) or pa.types.is_boolean(kind) or is_temporal(kind)
        if _is_number(kind) and self.counts is None:  # what they are as texts is not asked any more
            self._look_at_plain_numbers(_plain_numbers(values, decimal))
            return
        texts = strings(values)
        known = texts.drop_null()
        if not self.example and len(known):
            self.example = known[0].as_py()[:80]
        self.spaces += pc.sum(pc.count_substring(known, " ")).as_py() or 0
        if self.counts is not None:
            for item in pc.value_counts(known).to_pylist():
                self.counts[item["values"]] = self.counts.get(item["values"], 0) + item["counts"]
                if len(self.counts) > MOST_DISTINCT:
                    self.counts = None
                    break
        if self.dated is None and len(known):
            self.dated = looks_dated(kind, known[0].as_py())
        if self.dated:
            self._look_at_dates(values if is_temporal(kind) else texts)
        if self.readable and not self.is_text and not is_temporal(kind):
            self._look_at_numbers(values, texts, decimal)
        self.rows += len(values)
        self.missing += len(values) - len(known)

    def _look_at_numbers(self, values: pa.Array, texts: pa.Array, decimal: str) -> None:
        found = _plain_numbers(values, decimal)
        strange = np.isnan(found) & texts.is_valid().to_numpy(zero_copy_only=False)
        if strange.any():
            if not self.strange:
                row = int(strange.argmax())
                self.first_strange = (self.rows + row, texts[row].as_py()[:40])
            self.strange += int(strange.sum())
        self._look_at_range(found)

    def _look_at_plain_numbers(self, found: np.ndarray) -> None:
        self._look_at_range(found)
        self.rows += len(found)
        self.missing += len(found) - int(np.isfinite(found).sum())

    def _look_at_range(self, plain: np.ndarray) -> None:
        fits = np.abs(plain) <= _LARGEST
        self.infinite += int((~np.isnan(plain) & ~fits).sum())
        found = np.where(fits, plain, np.nan)
        if not np.isnan(found).all():
            expected = self.low + np.arange(self.rows, self.rows + len(found)) if self.rows else found[0] + np.arange(len(found))
            self.consecutive &= bool((found == expected).all())
            self.low, self.high = min(self.low, float(np.nanmin(found))), max(self.high, float(np.nanmax(found)))

    def _look_at_dates(self, values: pa.Array) -> None:
        found = days(values)
        known = found[~np.isnan(found)]
        if len(known) < len(values) - values.null_count:
            self.dated = False
        elif len(known):
            self.consecutive &= len(known) == len(found) and bool((np.diff(found, prepend=self.last_day) > 0).all())
            self.whole_days &= bool((known == np.floor(known)).all())
            self.first_day, self.last_day = min(self.first_day, float(known.min())), max(self.last_day, float(known.max()))

    @property
    def kind(self) -> str:
        """numeric, categorical, date, text, other, empty or constant."""
        known = self.rows - self.missing
        if known == 0:
            return "empty"
        if self.counts is not None and len(self.counts) == 1:
            return "constant"
        if not self.readable:
            return "other"
        if self.forced == "categorical":
            return "categorical" if self.counts is not None else "text"
        if self.dated:
            return "date"
        if self.forced == "numeric":
            return "numeric" if self.low < self.high else "text"
        few = self.counts is not None and len(self.counts) <= min(MOST_CATEGORIES, max(2, self.rows // 2))
        if not self.is_text and known > self.strange and self.strange <= (0 if few else 0.05 * known):
            return "constant" if self.low >= self.high else "numeric"
        return "categorical" if few else "text"

    @property
    def is_prose(self) -> bool:
        """Whether its values are texts of three words or more, as a rule."""
        return self.kind == "text" and self.spaces >= 2 * (self.rows - self.missing)

    @property
    def categories(self) -> list[str]:
        """The distinct values of a categorical column in natural order."""
        return sorted(self.counts or (), key=natural_order)

    @property
    def is_key(self) -> bool:
        """Whether it looks like a row number or another key: no two alike, and named or counted like one."""
        distinct = self.counts is None or len(self.counts) == self.rows
        counted = self.kind in ("numeric", "date") and self.consecutive and self.rows >= 20
        return counted or (distinct and _KEY.fullmatch(self.name) is not None and (self.kind != "numeric" or self._whole))

    @property
    def _whole(self) -> bool:
        return self.low == np.floor(self.low) and self.high == np.floor(self.high) and "." not in self.example

    def guess(self, role: str, why: str) -> ColumnGuess:
        """As the form shows it."""
        return ColumnGuess(
            name=self.name,
            kind=self.kind,  # type: ignore[arg-type]
            role=role,  # type: ignore[arg-type]
            missing=self.missing,
            distinct=None if self.counts is None else len(self.counts),
            example=self.example,
            why=why,
        )


def look_at(
    names: list[str], batches: Iterable[pa.RecordBatch], decimal: str, most: int | None = None
) -> tuple[list[Column], bool]:
    """What the columns are, over all rows or the first `most`; and whether that was all of them."""
    columns = [Column(name) for name in names]
    for batch in batches:
        if most is not None and columns[0].rows >= most:
            return columns, False
        for column, values in zip(columns, batch.columns, strict=True):
            column.look(values, decimal)
    return columns, True


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _is_string(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)


def strings(values: pa.Array) -> pa.Array:
    """Any primitive column as trimmed text; whole floats without their ``.0``, NaN and empty text as missing."""
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
        return pc.replace_substring_regex(pc.cast(values, pa.string()), r"\.0$", "")
    trimmed = pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def numbers(values: pa.Array, decimal: str) -> np.ndarray:
    """float64 ``(n,)``: the numbers of a column; NaN where missing, no number, or beyond float32."""
    found = _plain_numbers(values, decimal)
    return np.where(np.abs(found) <= _LARGEST, found, np.nan)


def _plain_numbers(values: pa.Array, decimal: str) -> np.ndarray:
    if not _is_number(values.type):
        values = strings(values)
        if decimal == ",":
            values = pc.replace_substring(values, ",", ".")
        try:
            return _floats(pc.cast(values, pa.float64()))
        except pa.ArrowInvalid:
            fits = pc.match_substring_regex(values, _NUMBER)
            values = pc.if_else(fits, values, pa.scalar(None, pa.string()))
    return _floats(pc.cast(values, pa.float64(), safe=False))


def _floats(values: pa.Array) -> np.ndarray:
    return values.fill_null(np.nan).to_numpy(zero_copy_only=False)


def described(c: Column) -> dict[str, Any]:
    """What a field says of a column that is learned."""
    if c.kind == "date":
        return described_column(c.name, start=start_of(c.first_day, c.whole_days))
    return described_column(c.name, c.categories if c.kind == "categorical" else ())


def encoded(c: Column, values: pa.Array, decimal: str) -> np.ndarray:
    """float64 ``(n,)``: numbers, places among the categories, or days since the day of the first date; NaN where missing."""
    if c.kind == "date":
        return days(values if is_temporal(values.type) else strings(values)) - np.floor(c.first_day)
    if c.kind != "categorical":
        return numbers(values, decimal)
    return _floats(pc.cast(pc.index_in(strings(values), value_set=pa.array(c.categories, pa.string())), pa.float64()))
