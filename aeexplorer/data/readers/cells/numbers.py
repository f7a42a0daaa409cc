"""Numbers as people write them: decimal points and commas, marks between thousands, currencies, percent signs, brackets."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Mark = Literal["point", "comma"]

_CURRENCIES = (
    *("US\\$", "A\\$", "C\\$", "R\\$", "HK\\$", "NZ\\$", "S\\$", "[$€£¥₹₽₩₺₫₴₦₱₪฿¢]"),
    *("EUR", "USD", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "RUB", "BRL"),
    *("TRY", "CAD", "AUD", "NZD", "ZAR", "MXN", "KRW", "SGD", "HKD", "ILS", "THB", "kr\\.?", "zł", "Kč", "Fr\\.", "Rs\\.?"),
)
_UNIT = f"(?:{'|'.join(_CURRENCIES)}|%|‰)"
_CELL = (
    rf"^(?P<open>\(?)(?P<sign>[+-]?) ?(?P<before>{_UNIT}?) ?(?P<sign_inside>[+-]?)"
    r"(?P<body>[0-9.,][0-9.,' ]*?)(?P<power>(?:[eE][+-]?[0-9]+)?)"
    rf" ?(?P<after>{_UNIT}?)(?P<sign_behind>-?)(?P<close>\)?)$"
)
_GROUPS = {
    "point": r"(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}|GROUPS)",
    "comma": r"(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+|GROUPS)",
}  # 1234, 1,234,567 and, as in India, 12,34,567
_OTHER_GROUPS = r"[1-9][0-9]{0,2}(?: [0-9]{3})+|[1-9][0-9]{0,2}(?:'[0-9]{3})+"
_DECIMALS = {"point": r"\.", "comma": ","}
_BODY = {
    mark: f"^(?:{groups}(?:{_DECIMALS[mark]}[0-9]*)?|{_DECIMALS[mark]}[0-9]+)$".replace("GROUPS", _OTHER_GROUPS)
    for mark, groups in _GROUPS.items()
}
_AMBIGUOUS_POINT = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"
_MAX_BAD_SHARE = 0.05
_BLANKS = r"[\x{a0}\x{202f}\x{2009}\x{2007}]"  # spaces that stand between thousands


@dataclass
class NumberEvidence:
    """How many values of a column are numbers under each reading, updated batch by batch."""

    n: int = 0
    """Values, without missing texts."""
    n_point: int = 0
    """Values that are numbers if the point is the decimal mark."""
    n_comma: int = 0
    """Values that are numbers if the comma is the decimal mark."""
    n_either: int = 0
    """Values that have a mark and are numbers under both readings, such as 1.234."""
    n_plain: int = 0
    """Whole numbers without a mark."""
    max_plain: float = 0
    """The largest size of the whole numbers without a mark."""
    is_plain: bool = True
    """Whether all values are numbers as programming languages write them, if the point is the decimal mark."""
    units: Counter[str] = field(default_factory=Counter)
    """Occurrences of currencies and percent signs."""
    example: str = ""
    """The first value that is a number under both readings."""
    rewritten: str = ""
    """The first value that is not written as in programming languages."""

    def update(self, texts: pa.Array) -> None:
        """Update the evidence with a further batch of trimmed texts without nulls and missing texts."""
        if not len(texts) or (self.n > 1000 and self.best == 0):
            self.n += len(texts)
            return
        self.n += len(texts)
        try:
            numbers = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            self._update_slowly(texts)
            return
        has_point = pc.match_substring(texts, ".")
        is_either = pc.match_substring_regex(texts, _AMBIGUOUS_POINT)
        n_point, n_either = pc.sum(has_point).as_py(), pc.sum(is_either).as_py()
        self.n_point += len(texts)
        self.n_comma += len(texts) - n_point + n_either
        self._update_examples(texts, is_either)
        self._update_plain(numbers[~has_point.to_numpy(zero_copy_only=False)])

    def _update_slowly(self, texts: pa.Array) -> None:
        self.is_plain = False
        parts = split_numbers(texts)
        body = pc.struct_field(parts, "body")
        is_number = {mark: pc.fill_null(pc.match_substring_regex(body, _BODY[mark]), False) for mark in ("point", "comma")}
        has_mark = pc.fill_null(pc.match_substring_regex(body, "[.,]"), False)
        is_either = pc.and_(pc.and_(is_number["point"], is_number["comma"]), has_mark)
        self.n_point += pc.sum(is_number["point"]).as_py()
        self.n_comma += pc.sum(is_number["comma"]).as_py()
        self._update_examples(texts, is_either)
        for name in ("before", "after"):
            units = pc.struct_field(parts, name)
            for item in pc.value_counts(units.filter(pc.fill_null(pc.not_equal(units, ""), False))).to_pylist():
                self.units[item["values"]] += item["counts"]
        plain = body.filter(pc.fill_null(pc.match_substring_regex(body, "^[0-9]{1,15}$"), False))
        self._update_plain(pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False))
        if not self.rewritten:
            numbers = texts.filter(pc.or_(is_number["point"], is_number["comma"]))
            unusual = numbers.filter(pc.invert(pc.match_substring_regex(numbers, r"^[+-]?[0-9]*\.?[0-9]*([eE][+-]?[0-9]+)?$")))
            self.rewritten = unusual[0].as_py()[:40] if len(unusual) else ""

    def _update_examples(self, texts: pa.Array, is_either: pa.Array) -> None:
        either = texts.filter(is_either)
        self.n_either += len(either)
        if not self.example and len(either):
            self.example = either[0].as_py()[:40]

    def _update_plain(self, numbers: np.ndarray) -> None:
        sizes = np.abs(numbers[np.isfinite(numbers)])
        self.n_plain += len(sizes)
        self.max_plain = max(self.max_plain, float(sizes.max(initial=0)))

    @property
    def best(self) -> int:
        """Number of values that are numbers under the better reading."""
        return max(self.n_point, self.n_comma)

    @property
    def is_numeric(self) -> bool:
        """Whether nearly all values are numbers under one reading, and amounts of one currency."""
        n_bad = self.n - self.best
        return self.n > 0 and self.best > 0 and n_bad <= (_MAX_BAD_SHARE * self.n if self.n > 40 else 0) and len(self.units) < 2

    @property
    def certain(self) -> Mark | None:
        """The decimal mark, if the values tell; None if they have no marks, or are numbers under both readings."""
        if self.n_point == self.n_comma:
            return None
        return "point" if self.n_point > self.n_comma else "comma"

    @property
    def looks_grouped(self) -> bool:
        """Whether the marks seem to stand between thousands: numbers of three digits and less have none."""
        return self.n_either > 0 and self.n_plain > 0 and 100 <= self.max_plain < 1000


def split_numbers(texts: pa.Array) -> pa.StructArray:
    """Split texts into sign, unit, digits with marks, and power of ten; null where a text is no number."""
    texts = pc.replace_substring_regex(texts, _BLANKS, " ")
    texts = pc.replace_substring_regex(pc.replace_substring(texts, "−", "-"), "[’`´]", "'")
    return pc.extract_regex(texts, _CELL)


def to_plain(texts: pa.Array, mark: Mark) -> pa.Array:
    """Write numbers as programming languages do: ``1.234,50 €`` becomes ``1234.50``, ``(3)`` becomes ``-3``.

    Parameters
    ----------
    texts
        Trimmed texts.
    mark
        The decimal mark.

    Returns
    -------
    Array
        Texts; those that are no numbers under this reading are unchanged.
    """
    parts = split_numbers(texts)
    open_, sign, inside, body, power, behind, close = (
        pc.struct_field(parts, name) for name in ("open", "sign", "sign_inside", "body", "power", "sign_behind", "close")
    )
    is_number = pc.fill_null(pc.match_substring_regex(body, _BODY[mark]), False)
    is_number = pc.and_(is_number, pc.fill_null(pc.equal(pc.utf8_length(open_), pc.utf8_length(close)), False))
    digits = pc.replace_substring_regex(body, "[ ',]" if mark == "point" else "[ '.]", "")
    digits = digits if mark == "point" else pc.replace_substring(digits, ",", ".")
    signs = pc.binary_join_element_wise(open_, sign, inside, behind, "")
    is_negative = pc.match_substring_regex(signs, r"[(-]")
    plain = pc.binary_join_element_wise(pc.if_else(is_negative, "-", ""), digits, power, "")
    return pc.if_else(is_number, plain, texts)
