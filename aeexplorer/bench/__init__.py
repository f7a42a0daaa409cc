"""Benchmarks: what was asked, what is measured here."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    name, unit
        What was measured, and in what.
    measured
        The value; None where this machine cannot measure it.
    asked
        What it must reach; None for a figure that only explains another.
    better
        Whether more or less than asked is good.
    note
        Why it could not be measured, or what it stands beside, such as a published figure.
    """

    name: str
    measured: float | None
    unit: str
    asked: float | None = None
    better: Literal["more", "less"] = "less"
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether it reaches what was asked; None where nothing was asked or measured."""
        if self.measured is None or self.asked is None:
            return None
        return bool(self.measured >= self.asked if self.better == "more" else self.measured <= self.asked)

    @property
    def said(self) -> str:
        """The value with its unit, to two decimals; large ones to four digits at least."""
        if self.measured is None:
            return self.note
        decimals = max(0, 4 - len(str(int(abs(self.measured)))))
        return f"{self.measured:,.{min(2, decimals)}f} {self.unit}".rstrip()

    @property
    def wanted(self) -> str:
        """What was asked, with its unit."""
        if self.asked is None:
            return ""
        return f"{'≥' if self.better == 'more' else '≤'} {self.asked:,g} {self.unit}".rstrip()
