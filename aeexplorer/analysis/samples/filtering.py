"""Choosing samples by what is known of them: conditions on columns, and a search for words.

A missing value fits no condition but ``is missing``: it is neither 7 nor not 7.
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
from aeexplorer.modalities.base import Written, modality_of
from aeexplorer.training.run import Run

Kind = Literal["number", "text"]
MOST = 12
"""Conditions of a filter."""
_WORDS = re.compile(r'(?:([^\s":]+):)?(?:"([^"]*)"|(\S+))')


@dataclass(frozen=True)
class Operator:
    """How a column is compared.

    Parameters
    ----------
    title
        For people.
    kinds
        Columns that it is for.
    function
        ``function(values, value)``, an Arrow array and a value of its kind (or None), → booleans; null is no.
    valued
        Whether it needs a value.
    """

    title: str
    kinds: frozenset[Kind]
    function: Callable[[Any, Any], Any]
    valued: bool = True


_NUMBER, _TEXT, _ANY = frozenset[Kind](["number"]), frozenset[Kind](["text"]), frozenset[Kind](["number", "text"])
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
    "missing": Operator("is missing", _ANY, lambda values, _: pc.is_null(values), valued=False),
    "known": Operator("is known", _ANY, lambda values, _: pc.is_valid(values), valued=False),
}
"""By what stands in an address."""


@dataclass(frozen=True)
class Condition:
    """One line of a filter: a column, the name of an operator, a value as text."""

    column: str
    operator: str
    value: str = ""


@dataclass(frozen=True)
class Filter:
    """Conditions, all of which have to hold, or any."""

    conditions: tuple[Condition, ...] = ()
    any: bool = False

    @property
    def text(self) -> str:
        """As it stands in an address; empty without conditions."""
        if not self.conditions:
            return ""
        rows = [[one.column, one.operator, *([one.value] if one.value else [])] for one in self.conditions]
        return orjson.dumps({"any" if self.any else "all": rows}).decode()


def parse_filter(text: str) -> Filter:
    """A filter from an address.

    Raises
    ------
    UserError
        Where it is none.
    """
    try:
        tree = orjson.loads(text or '{"all":[]}')
        ((joined, rows),) = tree.items()
        conditions = tuple(Condition(*row) for row in rows)
        whole = all(isinstance(part, str) for row in rows for part in row) and all(len(row) in (2, 3) for row in rows)
        if joined not in ("all", "any") or not whole or len(conditions) > MOST:
            raise ValueError(text)
    except (ValueError, TypeError, AttributeError):
        raise UserError("the filter in the address cannot be read", "Set it anew") from None
    return Filter(conditions, joined == "any")


def columns(run: Run) -> dict[str, Kind]:
    """What samples can be filtered by: name → kind.

    Those of the dataset's table, the columns of its tables of features, its texts, and what the run adds: error, tags.
    """
    table = run.dataset.table
    found: dict[str, Kind] = {"id": "number"}
    found |= {"label": "text"} if run.dataset.label_names else {}
    found |= {"split": "text", "error": "number"}
    found |= {"tags": "text"} if tags_of(run) else {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        if name not in found and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            found[name] = "number"
        elif name not in found and (pa.types.is_string(kind) or pa.types.is_boolean(kind)):
            found[name] = "text"
    for name, (field, place) in _of_fields(run, found).items():
        numeric = place is not None and field.meta["columns"][place]["kind"] == "numeric"
        found[name] = "number" if numeric else "text"
    return found


def values_of(run: Run, name: str) -> pa.Array:
    """The values of a column of `columns` for every sample, float64, int or string ``(n,)``, null where missing.

    Raises
    ------
    UserError
        If there is no such column.
    """
    known = columns(run)
    if name not in known:
        raise UserError(f"there is no column {name!r}", f"Choose one of {', '.join(known)}")
    dataset = run.dataset
    if name == "split":
        return pa.array(np.array(SPLITS)[dataset.split])
    if name == "error":
        return pa.array(np.asarray(run.errors, np.float64))
    if name == "tags":
        return pa.array(tags_by_sample(run, dataset.ids()), pa.string())
    if name in dataset.table.column_names:
        return _plain(dataset.table[name].combine_chunks(), known[name])
    field, place = _of_fields(run, dict.fromkeys(dataset.table.column_names, "text"))[name]
    return _texts(str(dataset.folder), field.name) if place is None else _of_features(field, place)


def matching(run: Run, wanted: Filter) -> np.ndarray:
    """Ids of the samples that a filter keeps, int32 ``(m,)``, ascending; none where it has no conditions.

    Raises
    ------
    UserError
        For a column or an operator that does not exist, and a value that is not one of its kind.
    """
    if not wanted.conditions:
        return np.empty(0, np.int32)
    held = [_holds(run, condition) for condition in wanted.conditions]
    return np.flatnonzero(np.any(held, 0) if wanted.any else np.all(held, 0)).astype(np.int32)


def search(run: Run, query: str) -> np.ndarray:
    """Ids of the samples in whose texts (label, tags, columns of text, texts) every word of a query occurs, int32 ``(m,)``.

    Capitals do not matter. A number is a whole word, and names of files are not looked through for it. ``"two words"`` are
    looked for as they stand, ``label:7`` looks in that column only, and ``#12`` is the sample of that id.
    """
    texts = [name for name, kind in columns(run).items() if kind == "text"]
    held: list[np.ndarray] = []
    for column, phrase, word in _WORDS.findall(query):
        needle = phrase or word
        if column and column not in texts:
            column, needle = "", f"{column}:{needle}"
        if not column and needle.startswith("#") and needle[1:].isdecimal():
            held.append(run.dataset.ids() == int(needle[1:]))
        elif needle:
            among = [column] if column else texts
            if whole := needle.isdecimal() and not column:
                among = [one for one in among if one != "source"]
            found = [_occurs(values_of(run, one), needle, whole) for one in among]
            held.append(np.any(found, 0))
    return np.flatnonzero(np.all(held, 0)).astype(np.int32) if held else np.empty(0, np.int32)


def _occurs(values: pa.Array, needle: str, whole: bool) -> np.ndarray:
    """Whether a text occurs in others, at will as a whole word."""
    if whole:
        return np.asarray(pc.match_substring_regex(values, rf"\b{needle}\b").fill_null(False))
    return np.asarray(pc.match_substring(values, needle, ignore_case=True).fill_null(False))


def _holds(run: Run, condition: Condition) -> np.ndarray:
    values, operator = values_of(run, condition.column), OPERATORS.get(condition.operator)
    kind = columns(run)[condition.column]
    if operator is None or kind not in operator.kinds:
        fitting = ", ".join(one.title for one in OPERATORS.values() if kind in one.kinds)
        raise UserError(f"{condition.column} is a {kind}: it is not compared so", f"Choose one of {fitting}")
    value: Any = condition.value
    if operator.valued and kind == "number":
        try:
            value = float(condition.value.replace(",", ""))
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise UserError(f"{condition.value!r} is no number", f"Give {condition.column} one, such as 0.5")
    return np.asarray(operator.function(values, value).fill_null(False))


def _plain(values: pa.Array, kind: Kind) -> pa.Array:
    """Booleans as words, NaN as missing."""
    if kind == "text":
        return values.cast(pa.string())
    return pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values


def _of_fields(run: Run, taken: Mapping[str, Kind]) -> dict[str, tuple[Field, int | None]]:
    """Columns of the dataset's fields: name → field, and the place in a table of features (None: the field is text)."""
    found: dict[str, tuple[Field, int | None]] = {}
    for name, field in run.dataset.fields.items():
        if field.modality == "tabular":
            for place, about in enumerate(field.meta["columns"]):
                own = str(about["name"])
                found[f"{name}: {own}" if own in taken or own in found else own] = (field, place)
        elif isinstance(modality_of(field), Written):
            found[f"{name} (text)" if name in taken else name] = (field, None)
    return found


def _of_features(field: Field, place: int) -> pa.Array:
    about = field.meta["columns"][place]
    values = pa.array(np.asarray(field.array[:, place]), from_pandas=True)
    if about["kind"] != "categorical":
        return values
    return pa.array([str(name) for name in about["categories"]], pa.string()).take(values.cast(pa.int32()))


@lru_cache(maxsize=8)
def _texts(dataset: str, name: str) -> pa.Array:
    """A field of texts as people read it; datasets never change."""
    field = open_dataset(Path(dataset)).fields[name]
    modality = modality_of(field)
    assert isinstance(modality, Written)
    return pa.array([" ".join(text for _, text in modality.rows(raw)) for raw in np.asarray(field.array)], pa.string())
