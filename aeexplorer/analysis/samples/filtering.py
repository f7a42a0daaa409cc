"""Select samples by conditions on columns, or by a text search.

A missing value satisfies no condition except ``is missing``: it is neither equal to 7 nor different from 7.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.analysis.samples.tags import tags_by_sample, tags_of
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field, open_dataset
from aeexplorer.data.split import SPLITS
from aeexplorer.data.units import to_own_array
from aeexplorer.modalities.base import Written, modality_of, written_modality
from aeexplorer.training.run import Run

ColumnKind = Literal["number", "text"]
MAX_CONDITIONS = 12
"""Conditions of a filter."""
_WORDS = re.compile(r'(?:([^\s":]+):)?(?:"([^"]*)"|(\S+))')
"""One term of a query, ``column:"words"``; the column and the quotes are optional."""


@dataclass(frozen=True)
class Operator:
    """Comparison of a column with a value.

    Parameters
    ----------
    title
        Name shown in the app.
    kinds
        Kinds of columns that the operator can be used with.
    function
        ``function(values, value)`` of an Arrow array and a value of the same kind (or None). Returns an array of booleans;
        null counts as false.
    needs_value
        Whether the operator compares with a value.
    """

    title: str
    kinds: frozenset[ColumnKind]
    function: Callable[[Any, Any], Any]
    needs_value: bool = True


_NUMBER, _TEXT = frozenset[ColumnKind](["number"]), frozenset[ColumnKind](["text"])
_ANY = frozenset[ColumnKind](["number", "text"])
OPERATORS: Mapping[str, Operator] = {
    "eq": Operator("=", _NUMBER, pc.equal),
    "ne": Operator("≠", _NUMBER, pc.not_equal),
    "lt": Operator("<", _NUMBER, pc.less),
    "le": Operator("≤", _NUMBER, pc.less_equal),
    "gt": Operator(">", _NUMBER, pc.greater),
    "ge": Operator("≥", _NUMBER, pc.greater_equal),
    "is": Operator("is", _TEXT, pc.equal),
    "not": Operator("is not", _TEXT, pc.not_equal),
    "has": Operator("contains", _TEXT, lambda values, text: pc.match_substring(values, text, ignore_case=True)),
    "lacks": Operator("does not contain", _TEXT, lambda v, text: pc.invert(pc.match_substring(v, text, ignore_case=True))),
    "starts": Operator("starts with", _TEXT, lambda values, text: pc.starts_with(values, text, ignore_case=True)),
    "missing": Operator("is missing", _ANY, lambda values, _: pc.is_null(values), needs_value=False),
    "known": Operator("is known", _ANY, lambda values, _: pc.is_valid(values), needs_value=False),
}
"""Operators by their name in a page address."""


@dataclass(frozen=True)
class Condition:
    """One condition of a filter: a column, the name of an operator, and a value as text."""

    column: str
    operator: str
    value: str = ""


@dataclass(frozen=True)
class Filter:
    """Conditions of which all (or any) must hold."""

    conditions: tuple[Condition, ...] = ()
    any: bool = False

    @property
    def text(self) -> str:
        """JSON text of the filter in a page address; empty without conditions."""
        if not self.conditions:
            return ""
        rows = [[c.column, c.operator, *([c.value] if c.value else [])] for c in self.conditions]
        return orjson.dumps({"any" if self.any else "all": rows}).decode()


def parse_filter(text: str) -> Filter:
    """Parse the text of a filter from a page address.

    Raises
    ------
    UserError
        If the text is not a filter.
    """
    try:
        tree = orjson.loads(text or '{"all":[]}')
        ((mode, rows),) = tree.items()
        conditions = tuple(Condition(*row) for row in rows)
        well_formed = all(isinstance(part, str) for row in rows for part in row) and all(len(row) in (2, 3) for row in rows)
        if mode not in ("all", "any") or not well_formed or len(conditions) > MAX_CONDITIONS:
            raise ValueError(text)
    except (ValueError, TypeError, AttributeError):
        raise UserError("the filter in the address cannot be read", "Set the filter again") from None
    return Filter(conditions, mode == "any")


def filterable_columns(run: Run) -> dict[str, ColumnKind]:
    """List the columns that samples can be filtered by, with their kinds.

    These are the columns of the dataset's table, of its tabular fields and of its text fields, and the error and tags of the run.
    """
    table = run.dataset.table
    kinds: dict[str, ColumnKind] = {"id": "number"}
    kinds |= {"label": "text"} if run.dataset.label_names else {}
    kinds |= {"split": "text", "error": "number"}
    kinds |= {"tags": "text"} if tags_of(run) else {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        if name not in kinds and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            kinds[name] = "number"
        elif name not in kinds and (pa.types.is_string(kind) or pa.types.is_boolean(kind)):
            kinds[name] = "text"
    for name, (field, index) in _field_columns(run, kinds).items():
        numeric = index is not None and field.meta["columns"][index]["kind"] == "numeric"
        kinds[name] = "number" if numeric else "text"
    return kinds


def column_values(run: Run, name: str) -> pa.Array:
    """Return the values of a filterable column for every sample.

    Returns
    -------
    pyarrow.Array
        float64, int or string ``(n,)``; null where a value is missing.

    Raises
    ------
    UserError
        If the column does not exist.
    """
    kinds = filterable_columns(run)
    if name not in kinds:
        raise UserError(f"there is no column {name!r}", f"Choose one of {', '.join(kinds)}")
    dataset = run.dataset
    if name == "split":
        return pa.array(np.array(SPLITS)[dataset.split])
    if name == "error":
        return pa.array(np.asarray(run.errors, np.float64))
    if name == "tags":
        return pa.array(tags_by_sample(run, dataset.ids()), pa.string())
    if name in dataset.table.column_names:
        return _normalise(dataset.table[name].combine_chunks(), kinds[name])
    field, index = _field_columns(run, dict.fromkeys(dataset.table.column_names, "text"))[name]
    return _text_values(str(dataset.folder), field.name) if index is None else _tabular_values(field, index)


def matching_samples(run: Run, condition_filter: Filter) -> np.ndarray:
    """Return the ids of the samples that match a filter.

    Returns
    -------
    numpy.ndarray
        int32 ``(m,)``, ascending; empty for a filter without conditions.

    Raises
    ------
    UserError
        If a column or an operator does not exist, or if a value is not a number where one is needed.
    """
    if not condition_filter.conditions:
        return np.empty(0, np.int32)
    matches = [_matches(run, condition) for condition in condition_filter.conditions]
    return np.flatnonzero(np.any(matches, 0) if condition_filter.any else np.all(matches, 0)).astype(np.int32)


def search_samples(run: Run, query: str) -> np.ndarray:
    """Search the texts of the samples: label, tags, text columns and text fields.

    A sample matches if every term of the query occurs in one of its texts. Case is ignored. A number must match a whole word and
    is not searched in file names. ``"two words"`` matches the exact phrase, ``label:7`` searches one column only, and ``#12``
    matches the sample with that id.

    Returns
    -------
    numpy.ndarray
        Ids of the matching samples, int32 ``(m,)``, ascending; empty for an empty query.
    """
    text_columns = [name for name, kind in filterable_columns(run).items() if kind == "text"]
    matches: list[np.ndarray] = []
    for column, phrase, word in _WORDS.findall(query):
        needle = phrase or word
        if column and column not in text_columns:
            column, needle = "", f"{column}:{needle}"
        if not column and needle.startswith("#") and needle[1:].isdecimal():
            matches.append(run.dataset.ids() == int(needle[1:]))
        elif needle:
            names = [column] if column else text_columns
            if whole_word := needle.isdecimal() and not column:
                names = [name for name in names if name != "source"]
            matches.append(np.any([_contains(column_values(run, name), needle, whole_word) for name in names], 0))
    return np.flatnonzero(np.all(matches, 0)).astype(np.int32) if matches else np.empty(0, np.int32)


def _contains(values: pa.Array, needle: str, whole_word: bool) -> np.ndarray:
    """Return which texts contain a needle: bool ``(n,)``."""
    if whole_word:
        return np.asarray(pc.match_substring_regex(values, rf"\b{needle}\b").fill_null(False))
    return np.asarray(pc.match_substring(values, needle, ignore_case=True).fill_null(False))


def _matches(run: Run, condition: Condition) -> np.ndarray:
    """Return which samples satisfy a condition: bool ``(n,)``."""
    values, operator = column_values(run, condition.column), OPERATORS.get(condition.operator)
    kind = filterable_columns(run)[condition.column]
    if operator is None or kind not in operator.kinds:
        titles = ", ".join(o.title for o in OPERATORS.values() if kind in o.kinds)
        raise UserError(f"{condition.column} is a {kind} column and cannot be compared in this way", f"Choose one of {titles}")
    value: Any = condition.value
    if operator.needs_value and kind == "number":
        try:
            value = float(condition.value.replace(",", ""))
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise UserError(f"{condition.value!r} is not a number", f"Enter a number for {condition.column}, such as 0.5")
    return np.asarray(operator.function(values, value).fill_null(False))


def _normalise(values: pa.Array, kind: ColumnKind) -> pa.Array:
    """Convert booleans to text and NaN to null."""
    if kind == "text":
        return values.cast(pa.string())
    return pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values


def _field_columns(run: Run, taken: Mapping[str, ColumnKind]) -> dict[str, tuple[Field, int | None]]:
    """List the columns of the dataset's fields: name → field and index of the column (None for a text field).

    A name that is taken is made unique with the name of the field.
    """
    columns: dict[str, tuple[Field, int | None]] = {}
    for name, field in run.dataset.fields.items():
        if field.modality == "tabular":
            for index, column in enumerate(field.meta["columns"]):
                title = str(column["name"])
                columns[f"{name}: {title}" if title in taken or title in columns else title] = (field, index)
        elif isinstance(modality_of(field), Written):
            columns[f"{name} (text)" if name in taken else name] = (field, None)
    return columns


def _tabular_values(field: Field, index: int) -> pa.Array:
    column = field.meta["columns"][index]
    stored = np.asarray(field.array[:, index])
    if column["kind"] != "categorical":
        return to_own_array(column, stored)
    values = pa.array(stored, from_pandas=True)
    return pa.array([str(name) for name in column["categories"]], pa.string()).take(values.cast(pa.int32()))


@lru_cache(maxsize=8)
def _text_values(dataset: str, name: str) -> pa.Array:
    """Return the texts of a text field as the user reads them. The cache is safe because datasets never change."""
    field = open_dataset(Path(dataset)).fields[name]
    modality = written_modality(field)
    return pa.array([" ".join(text for _, text in modality.rows(raw)) for raw in np.asarray(field.array)], pa.string())
