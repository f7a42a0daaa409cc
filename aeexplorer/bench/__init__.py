"""Benchmarks: measured figures and their targets."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    name
        Name of the figure.
    measured
        Measured value; None if this machine cannot measure it.
    unit
        Unit of the value and the target.
    target
        Value to reach; None for a figure that only explains another one.
    better
        Whether larger (more) or smaller (less) values are better.
    note
        Reason why the figure could not be measured, or a value to compare with, such as a published one.
    """

    name: str
    measured: float | None
    unit: str
    target: float | None = None
    better: Literal["more", "less"] = "less"
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the value reaches the target; None without a value or a target."""
        if self.measured is None or self.target is None:
            return None
        return bool(self.measured >= self.target if self.better == "more" else self.measured <= self.target)

    @property
    def value_text(self) -> str:
        """The value and its unit, with two decimals, or with four digits for large values; the note without a value."""
        if self.measured is None:
            return self.note
        decimals = max(0, 4 - len(str(int(abs(self.measured)))))
        return f"{self.measured:,.{min(2, decimals)}f} {self.unit}".rstrip()

    @property
    def target_text(self) -> str:
        """The target and its unit, with ≥ or ≤."""
        if self.target is None:
            return ""
        return f"{'≥' if self.better == 'more' else '≤'} {self.target:,g} {self.unit}".rstrip()
