"""Convert typed text and typed table rows to samples of a field."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.tabular import time_zone
from aeexplorer.data.texts import UNKNOWN, TextCleaner, Vocabulary, pad_ids
from aeexplorer.data.units import to_own, to_stored

_MAX_ROWS = 20_000
_MAX_TEXTS = 50_000
"""Number of stored texts that document frequencies are counted over."""


def text_sample(field: Field, text: str) -> tuple[np.ndarray, str]:
    """Convert a text to a sample of a text field.

    Returns
    -------
    tuple
        Token ids uint16 ``(length,)``, and a note for the user on cut off and unknown tokens (may be empty).

    Raises
    ------
    UserError
        If the text is empty.
    """
    vocabulary = Vocabulary.from_meta(field.meta)
    cleaned = TextCleaner()(text)
    if not cleaned:
        raise UserError("there is no text", "Write a few words")
    tokens = vocabulary.encode([cleaned])
    ids, cut_off = pad_ids(tokens, field.shape[0])
    unknown = tokens[0][: field.shape[0]].count(UNKNOWN)
    notes = [f"cut off after {field.shape[0]} tokens"] if cut_off else []
    notes += [f"{unknown} of its tokens are not in the vocabulary"] if unknown else []
    return ids[0], ", ".join(notes)


def bag_sample(field: Field, text: str) -> tuple[np.ndarray, str]:
    """Convert a text to a sample of a bag-of-words field.

    Returns
    -------
    tuple
        Weight of each word float32 ``(words,)``, and a note for the user (always empty).

    Raises
    ------
    UserError
        If none of the words is in the vocabulary.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    words = field.meta["tokens"]
    counts = CountVectorizer(vocabulary=words).transform([TextCleaner()(text)]).toarray()[0]
    if not counts.any():
        raise UserError("none of its words is in the dataset's vocabulary", f"Use words such as {', '.join(words[:5])}")
    if field.meta["weights"] != "tf_idf":
        return (counts > 0).astype(np.float32), ""
    term_frequency = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0)
    weights = term_frequency * _inverse_document_frequencies(field)
    return (weights / np.linalg.norm(weights)).astype(np.float32), ""


def _inverse_document_frequencies(field: Field) -> np.ndarray:
    """Return the inverse document frequency of each word, ``(words,)``, over the training texts.

    Datasets of versions before 0.6 do not store it; it is counted again in their texts.
    """
    if "inverse_document_frequencies" in field.meta:
        return np.array(field.meta["inverse_document_frequencies"])
    array = field.array[:_MAX_TEXTS]
    return np.log((1 + len(array)) / (1 + (array > 0).sum(0))) + 1


def typical_row(dataset: Dataset, field: Field) -> np.ndarray:
    """Compute the median of each numeric column and the most frequent category of each categorical column.

    At most 20,000 samples are used.

    Returns
    -------
    numpy.ndarray
        Row float32 ``(columns,)``; NaN for a column without values.
    """
    present = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
    values = np.array(field.array[sample_ids(dataset, _MAX_ROWS, present)])
    row = np.full(values.shape[1], np.nan, np.float32)
    for i, column in enumerate(field.meta["columns"]):
        known = values[~np.isnan(values[:, i]), i]
        if len(known):
            row[i] = Counter(known.tolist()).most_common(1)[0][0] if column["kind"] == "categorical" else np.median(known)
    return row


def row_sample(field: Field, values: Mapping[str, Any]) -> np.ndarray:
    """Convert the values of a row to a sample of a tabular field.

    Parameters
    ----------
    field
        Tabular field.
    values
        Value of each column: a number, the name of a category, a `date` or `datetime`. None or an absent column is missing.

    Returns
    -------
    numpy.ndarray
        Row as stored, float32 ``(columns,)``; NaN where a value is missing.

    Raises
    ------
    UserError
        If every value is missing, or if a category does not exist in its column.
    """
    row = np.array([_encode_value(column, values.get(column["name"])) for column in field.meta["columns"]], np.float32)
    if np.isnan(row).all():
        raise UserError("every value of the row is missing", "Enter at least one value")
    return row


def row_values(field: Field, row: np.ndarray) -> dict[str, Any]:
    """Convert a stored row ``(columns,)`` to values by column name; the inverse of `row_sample`."""
    return {c["name"]: _decode_value(c, float(value)) for c, value in zip(field.meta["columns"], row, strict=True)}


def _encode_value(column: Mapping[str, Any], value: Any) -> float:
    if value is None:
        return np.nan
    if column["kind"] == "categorical":
        if value not in column["categories"]:
            raise UserError(f"{column['name']!r} has no category {value!r}", f"Choose {', '.join(column['categories'][:8])}")
        return float(column["categories"].index(value))
    if column.get("start"):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        if column.get("zone"):
            moment = moment.replace(tzinfo=time_zone(column["zone"])).astimezone(UTC).replace(tzinfo=None)
        return (moment - datetime.fromisoformat(column["start"])).total_seconds() / 86400  # days
    return float(to_stored(column, value))


def _decode_value(column: Mapping[str, Any], value: float) -> Any:
    if np.isnan(value):
        return None
    if column["kind"] == "categorical":
        return column["categories"][int(value)]
    if column.get("start"):
        start = datetime.fromisoformat(column["start"])
        if "T" not in column["start"]:
            return (start + timedelta(round(value))).date()
        seconds = 60 if len(column["start"]) == len("2024-05-31T12:00") else 1  # to which the column is shown
        moment = start + timedelta(seconds=seconds * round(value * 86_400 / seconds))
        if column.get("zone"):
            return moment.replace(tzinfo=UTC).astimezone(time_zone(column["zone"])).replace(tzinfo=None)
        return moment
    if "offset" in column or "scale" in column:
        return float(to_own(column, value))
    return float(str(np.float32(value)))  # shortest text of the float32: 13.05, not 13.050000190734863
