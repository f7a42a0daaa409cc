"""What a person writes by hand → a sample of a field: texts, and rows of a table."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.texts import UNKNOWN, Cleaning, Vocabulary, padded

_LOOKED_AT = 20_000
_LEARNED_FROM = 50_000  # texts that words are counted in when a bag of words is stored


def text_sample(field: Field, text: str) -> tuple[np.ndarray, str]:
    """A text as a dataset of texts holds it.

    Returns
    -------
    tuple
        uint16 ``(length,)``, and what to know of it: what is cut off, and what is not in the vocabulary.

    Raises
    ------
    UserError
        If there is nothing in it.
    """
    vocabulary = Vocabulary.from_meta(field.meta)
    cleaned = Cleaning()(text)
    if not cleaned:
        raise UserError("there is no text", "Write a few words")
    own = vocabulary.cut([cleaned])
    ids, cut_off = padded(own, field.shape[0])
    unknown = own[0][: field.shape[0]].count(UNKNOWN)
    said = [f"cut off after {field.shape[0]} tokens"] if cut_off else []
    said += [f"{unknown} of its tokens are not in the vocabulary"] if unknown else []
    return ids[0], ", ".join(said)


def bag_sample(field: Field, text: str) -> tuple[np.ndarray, str]:
    """A text as a bag of the field's words: float32 ``(words,)``, and what to know of it.

    Weights of TF-IDF are those that the dataset's own texts have: in how many of them a word occurs is counted anew.

    Raises
    ------
    UserError
        If none of its words is in the vocabulary.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    words = field.meta["tokens"]
    counts = CountVectorizer(vocabulary=words).transform([Cleaning()(text)]).toarray()[0]
    if not counts.any():
        raise UserError("none of its words is in the dataset's vocabulary", f"Use words such as {', '.join(words[:5])}")
    if field.meta["weights"] != "tf_idf":
        return (counts > 0).astype(np.float32), ""
    array = field.array[:_LEARNED_FROM]
    held = (array > 0).sum(0)
    weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * (np.log((1 + len(array)) / (1 + held)) + 1)
    return (weights / np.linalg.norm(weights)).astype(np.float32), ""


def usual_row(dataset: Dataset, field: Field) -> np.ndarray:
    """The median of each numeric column, the most frequent category of each other one: float32 ``(columns,)``.

    Over at most 20,000 samples; NaN for a column without values.
    """
    there = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
    values = np.array(field.array[sample_ids(dataset, _LOOKED_AT, there)])
    found = np.full(values.shape[1], np.nan, np.float32)
    for i, column in enumerate(field.meta["columns"]):
        known = values[~np.isnan(values[:, i]), i]
        if len(known):
            found[i] = Counter(known.tolist()).most_common(1)[0][0] if column["kind"] == "categorical" else np.median(known)
    return found


def row_sample(field: Field, values: Mapping[str, Any]) -> np.ndarray:
    """A row as a table holds it: float32 ``(columns,)``.

    Parameters
    ----------
    field
        Of a table.
    values
        By column: a number, the name of a category, a `date` or `datetime`; None or absent is missing.

    Raises
    ------
    UserError
        If every value is missing, or a category is not one of its column.
    """
    row = np.array([_encoded(column, values.get(column["name"])) for column in field.meta["columns"]], np.float32)
    if np.isnan(row).all():
        raise UserError("every value of the row is missing", "Give one at least")
    return row


def row_values(field: Field, row: np.ndarray) -> dict[str, Any]:
    """A stored row as `row_sample` takes it."""
    return {c["name"]: _decoded(c, float(value)) for c, value in zip(field.meta["columns"], row, strict=True)}


def _encoded(column: Mapping[str, Any], value: Any) -> float:
    if value is None:
        return np.nan
    if column["kind"] == "categorical":
        if value not in column["categories"]:
            raise UserError(f"{column['name']!r} has no category {value!r}", f"Choose {', '.join(column['categories'][:8])}")
        return float(column["categories"].index(value))
    if column.get("start"):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        return (moment - datetime.fromisoformat(column["start"])).total_seconds() / 86400
    return float(value)


def _decoded(column: Mapping[str, Any], value: float) -> Any:
    if np.isnan(value):
        return None
    if column["kind"] == "categorical":
        return column["categories"][int(value)]
    if column.get("start"):
        start = datetime.fromisoformat(column["start"])
        moment = start + (timedelta(minutes=round(value * 1440)) if "T" in column["start"] else timedelta(round(value)))
        return moment if "T" in column["start"] else moment.date()
    return float(str(np.float32(value)))  # as short as float32 can be written: 13.05, not 13.050000190734863
