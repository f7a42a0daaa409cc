"""Recognise numbers that are no quantities: long integers, numbers with leading zeros, and other codes."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_PADDED = r"^[+-]?0\d+$"
_LONG = r"^[+-]?\d{16,}$"
_PHONE = r"^\+\d{7,}$"
_MIXED = r"^(\d[0-9A-Za-z]*[A-Za-z]|[A-Za-z][0-9A-Za-z]*\d)[0-9A-Za-z]*$"
_WORD = r"^[0-9A-Za-z]+$"
_EXPONENT = r"^\d+[eE]\d+$"
_DIGITS = r"^\d+$"
_CODE_NAME = re.compile(
    r"(.*[ _.-])?(zip|zip ?code|post ?code|postal|plz|cap|phone|telephone|tel|mobile|fax|ean|upc|gtin|isbn|issn|barcode|sku|ssn|"
    r"iban|bic|imei|fips|code)([ _.-]?\d)?|.*(zip|post|postal)[ _.-]?code|phone[ _.-]?(number|no|nr)",
    re.IGNORECASE,
)
_KEY_NAME = re.compile(
    r"(.*[ _.-])?(id|ids|uuid|guid|key|nr|no|number|serial|account|customer|order)|[A-Za-z]+I[dD]", re.IGNORECASE
)
_TIME_NAME = re.compile(r".*(time|date|stamp|epoch|unix|clock|nanos|micros|millis).*|(.*[ _.-])?(ts|t|ns|us|ms)", re.IGNORECASE)
_EXACT_FLOAT64 = 2.0**53
_MIN_PADDED = 0.01
"""Share of numbers of various lengths that must have leading zeros."""
_MIN_CODE_DIGITS = 3


@dataclass
class Codes:
    """Counts of values that are written as codes are, over the batches of a column."""

    name: str
    """Name of the column."""
    n: int = 0
    """Known values."""
    n_padded: int = 0
    """Whole numbers with leading zeros."""
    n_long: int = 0
    """Whole numbers of at least 16 digits, or beyond those that float64 holds."""
    n_phone: int = 0
    """Whole numbers after a plus sign."""
    n_digits: int = 0
    """Whole numbers without a sign; counted in texts only."""
    n_words: int = 0
    """Values of letters and digits alone."""
    n_mixed: int = 0
    """Values with letters and digits, other than numbers with an exponent."""
    n_exponent: int = 0
    """Whole numbers with an exponent and no decimal point, such as 1e5."""
    shortest: int = 1 << 30
    longest: int = 0
    is_float: bool = False
    """Whether the file declares floating-point numbers, which may have lost digits of a code."""

    def update(self, kind: pa.DataType, texts: pa.Array, numbers: np.ndarray) -> None:
        """Take in a further batch: its type, its values as texts (null where missing), and as numbers, float64 ``(n,)``."""
        if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            known = numbers[np.isfinite(numbers)]
            self.is_float |= pa.types.is_floating(kind)
            self.n += len(known)
            self.n_long += int(((np.abs(known) >= _EXACT_FLOAT64) & (np.abs(known) <= 2.0**64)).sum())
            if pa.types.is_decimal(kind):
                self.n_long += int((np.abs(known) > 2.0**64).sum())
            return
        known = texts.drop_null()
        if not len(known):
            return
        lengths = pc.min_max(pc.utf8_length(known)).as_py()
        self.shortest, self.longest = min(self.shortest, lengths["min"]), max(self.longest, lengths["max"])
        self.n += len(known)
        self.n_digits += _count(known, _DIGITS)
        self.n_padded += _count(known, _PADDED)
        self.n_long += _count(known, _LONG)
        self.n_phone += _count(known, _PHONE)
        if self.longest <= 64 and np.isnan(numbers[texts.is_valid().to_numpy(zero_copy_only=False)]).any():
            self.n_mixed += _count(known, _MIXED) - _count(known, _EXPONENT)
        self.n_words += _count(known, _WORD)
        self.n_exponent += _count(known, _EXPONENT)

    @property
    def reason(self) -> str:
        """Why the numbers of the column are codes, for notes; empty where they are quantities."""
        has_equal_lengths = self.shortest == self.longest
        if self.n_padded and (has_equal_lengths or self.n_padded >= _MIN_PADDED * self.n):
            return "its numbers have leading zeros"
        if 2 * self.n_long > self.n and not _TIME_NAME.fullmatch(self.name) and (not self.is_float or self.has_key_name):
            lost = ", of which the file may have lost the last" if self.is_float else ""
            return f"its numbers have 16 or more digits{lost}"
        if 2 * self.n_phone > self.n:
            return "its numbers are written like telephone numbers"
        if has_equal_lengths and self.longest >= _MIN_CODE_DIGITS and self.n_words == self.n:
            if self.n_mixed:
                return "its values are letters and digits of one length"
            if 0 < 2 * self.n_exponent <= self.n == self.n_digits + self.n_exponent:
                return "its values have one length, and some are digits around an e"
        return ""

    @property
    def has_code_name(self) -> bool:
        """Whether the column is named like codes."""
        return _CODE_NAME.fullmatch(self.name) is not None

    @property
    def has_key_name(self) -> bool:
        """Whether the column is named like a key."""
        return _KEY_NAME.fullmatch(self.name) is not None


def _count(texts: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0)
