"""Texts that stand for a missing value, and the columns in which they do."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

_WORDS = frozenset({"na", "none", "missing", "unknown"})
"""Missing texts that are also values in many columns of words: Namibia, no defect, an unknown author."""
_CODE = r"^([A-Z]{2}|[a-z]{2})$"
_MIN_CODES = 3  # distinct values of a column of codes


def parse_missing_texts(texts: str) -> tuple[str, ...]:
    """Return the texts of the option ``missing_texts`` in small letters, without duplicates."""
    return tuple(dict.fromkeys(text.strip().lower() for text in texts.split(",") if text.strip()))


@dataclass
class MissingEvidence:
    """How often each missing text occurs in a column, and what the other values look like."""

    listed: tuple[str, ...]
    """Missing texts in small letters."""
    counts: Counter[str] = field(default_factory=Counter)
    """Occurrences of the missing texts, as they are written."""
    n_others: int = 0
    """Values that are no missing texts."""
    are_codes: bool = True
    """Whether all other values have two letters, such as codes of countries and languages."""
    codes: set[str] = field(default_factory=set)
    """The first few other values, if they are codes."""
    are_truth_values: bool = True
    """Whether all other values are true or false."""
    has_plus: bool = False
    """Whether ``+`` is among the other values, so that ``-`` is a value too."""

    def update(self, texts: pa.Array) -> pa.Array:
        """Count the missing texts of a further batch of trimmed texts, and return the other values without nulls."""
        is_listed = self.is_missing(texts, self.listed)
        for item in pc.value_counts(texts.filter(is_listed)).to_pylist():
            self.counts[item["values"]] += item["counts"]
        others = texts.filter(pc.and_(pc.invert(is_listed), texts.is_valid()))
        self.n_others += len(others)
        if self.are_codes and len(others):
            self.are_codes = bool(pc.all(pc.match_substring_regex(others, _CODE)).as_py())
            if self.are_codes and len(self.codes) < _MIN_CODES:
                self.codes |= set(pc.unique(others)[:_MIN_CODES].to_pylist())
        if self.are_truth_values and len(others):
            self.are_truth_values = bool(pc.all(pc.is_in(pc.utf8_lower(others), pa.array(["true", "false"]))).as_py())
        if "-" in self.counts and not self.has_plus and len(others):
            self.has_plus = bool(pc.any(pc.equal(others, "+")).as_py())
        return others

    @staticmethod
    def is_missing(texts: pa.Array, missing: Collection[str]) -> pa.Array:
        """Return which texts are missing texts, boolean ``(n,)`` without nulls."""
        return pc.is_in(pc.utf8_lower(texts), value_set=pa.array(sorted(missing), pa.string()))

    @property
    def words(self) -> set[str]:
        """Words in small letters that stand for missing values in this column, if it is no column of words."""
        return {text.lower() for text in self.counts} & _WORDS

    def missing_in_words(self, meaning: str, used_elsewhere: Collection[str]) -> set[str]:
        """Return the texts in small letters that are missing in this column, a column of words.

        Parameters
        ----------
        meaning
            The option ``missing_words``.
        used_elsewhere
            Words that stand for missing values in the columns of the file that are no columns of words.
        """
        if meaning == "values":
            return set()
        if meaning == "missing":
            return set(self.listed)
        values = set(_WORDS - set(used_elsewhere))
        if self.are_codes and len(self.codes) >= _MIN_CODES:
            values.add("na")
        if self.has_plus:
            values.add("-")
        return set(self.listed) - values
