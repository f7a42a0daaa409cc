"""Search space: each varied setting takes one of some values, or any number of a range."""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field as Bounds
from pydantic.fields import FieldInfo

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings
from aeexplorer.training.config import RunConfig

Value = bool | int | float | str

LOG_RATIO = 20
"""A positive range is searched on a logarithmic scale if its highest value is at least so many times its lowest."""
GRID_POINTS = 5
"""Values that a grid takes from a range."""


class Choices(Settings):
    """A dimension of the search: the setting takes one of some values."""

    values: Annotated[tuple[Value, ...], Bounds(min_length=1, max_length=100)]
    """Values that the setting may take."""

    def points(self) -> list[Value]:
        """Return the values that a grid takes."""
        return list(self.values)


class Range(Settings):
    """A dimension of the search: the setting takes any number of a range."""

    low: float
    """Lowest value."""
    high: float
    """Highest value."""
    log: bool = False
    """Whether the range is searched on a logarithmic scale, so that all orders of magnitude are equally likely."""
    whole: bool = False
    """Whether only whole numbers are taken."""

    def points(self) -> list[Value]:
        """Return the values that a grid takes: five evenly spaced ones."""
        low, high = (math.log(end) if self.log else end for end in (self.low, self.high))
        points = [low + (high - low) * i / (GRID_POINTS - 1) for i in range(GRID_POINTS)]
        return list(dict.fromkeys(self.fit(math.exp(point) if self.log else point) for point in points))

    def fit(self, number: float) -> Value:
        """Round a number as the setting requires, to a whole number or to four digits, and limit it to the range."""
        if self.whole:
            return int(min(max(round(number), self.low), self.high))
        return min(max(float(f"{number:.4g}"), self.low), self.high)


Dimension = Choices | Range
Space = Mapping[str, Dimension]


def read_space(base: RunConfig, texts: Mapping[str, str]) -> dict[str, Dimension]:
    """Read a search space as people write it, for example ``{"model.latent_dim": "2,4,8"}``.

    Parameters
    ----------
    base
        The settings that are varied.
    texts
        Values by dotted path, which may leave out groups. Values are separated by commas, or ``1e-4..1e-2`` stands for any
        number of a range. A positive range is searched on a logarithmic scale if its highest value is at least twenty times
        its lowest.

    Raises
    ------
    UserError
        If a setting does not exist or cannot be varied, or a value does not fit.
    """
    return {base.full_path(path): _read_dimension(base, base.full_path(path), text) for path, text in texts.items()}


def check_space(base: RunConfig, space: Space) -> None:
    """Check that every value of a search space fits the settings, with every combination of the parts of the model.

    Raises
    ------
    UserError
        If nothing is varied, or a value does not fit.
    """
    if not space:
        raise UserError("nothing is varied", "Choose a setting and the values that it may take")
    if "dataset" in space:
        raise UserError("a search cannot vary the dataset", "Vary other settings, and start a search on each dataset")
    for kinds in itertools.product(*(_extreme_values(space, path) for path in space if path.endswith(".kind"))):
        parts = dict(kinds)
        for path in space:
            for pair in _extreme_values(space, path):
                base.replace(parts | dict([pair]) if not path.endswith(".kind") else parts)


def combinations(space: Space) -> Iterator[dict[str, Value]]:
    """Iterate over every combination of a grid. The last setting changes fastest."""
    for values in itertools.product(*(dimension.points() for dimension in space.values())):
        yield dict(zip(space, values, strict=True))


def suggestion(field: FieldInfo, value: Any) -> str | None:
    """Suggest values for a setting, in the form that `read_space` reads: around its current value, within its bounds.

    Returns None if the setting cannot be varied.
    """
    if get_origin(field.annotation) is Literal:
        return ",".join(str(choice) for choice in get_args(field.annotation))
    if isinstance(value, bool):
        return "true,false"
    low, high = bounds(field)
    if isinstance(value, int):
        nearby = [max(1, value // 2), value, value * 2] if value else [0, 1, 2]
        return ",".join(str(number) for number in dict.fromkeys(int(min(max(n, low), high)) for n in nearby))
    if isinstance(value, float):
        ends = (value / 10, value * 10) if value > 0 else (0.0, min(high, 1.0))
        return "..".join(f"{min(max(end, low), high):g}" for end in ends)
    return str(value) if isinstance(value, str) else None


def bounds(field: FieldInfo) -> tuple[float, float]:
    """Return the lowest and the highest value of a numeric setting.

    An exclusive bound is moved inwards by a thousandth of its value. If it is 0, a lower bound becomes 1e-6, and an upper
    bound -1e-3.
    """
    low, high = -math.inf, math.inf
    for constraint in field.metadata:
        match constraint:
            case Ge(ge=end):
                low = float(end)  # type: ignore[arg-type]
            case Gt(gt=end):
                low = float(end) + 1e-3 * (abs(float(end)) or 1e-3)  # type: ignore[arg-type]
            case Le(le=end):
                high = float(end)  # type: ignore[arg-type]
            case Lt(lt=end):
                high = float(end) - 1e-3 * (abs(float(end)) or 1)  # type: ignore[arg-type]
    return low, high


def _extreme_values(space: Space, path: str) -> list[tuple[str, Value]]:
    """Return a setting with each of its choices, or with both ends of its range."""
    dimension = space[path]
    values = dimension.values if isinstance(dimension, Choices) else (dimension.low, dimension.high)
    is_whole = isinstance(dimension, Range) and dimension.whole
    return [(path, int(value) if is_whole else value) for value in values]


def _read_dimension(base: RunConfig, path: str, text: str) -> Dimension:
    first, dots, last = (part.strip() for part in text.partition(".."))
    if not dots:
        values = tuple(dict.fromkeys(_read_value(base, path, part.strip()) for part in text.split(",") if part.strip()))
        if not values:
            raise UserError(f"{path} has no values to try", "Write values separated by commas, such as 2,4,8")
        return Choices(values=values)
    low, high = _read_value(base, path, first), _read_value(base, path, last)
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)) or not float(low) < float(high):
        raise UserError(f"{path} cannot go from {first} to {last}", "Write a range of numbers, the lower one first: 1e-4..1e-2")
    is_log = float(low) > 0 and float(high) / float(low) >= LOG_RATIO
    return Range(low=float(low), high=float(high), log=is_log, whole=isinstance(low, int))


def _read_value(base: RunConfig, path: str, text: str) -> Value:
    """Read a value in the type of its setting."""
    if path.endswith(".kind"):
        base.replace({path: text})
        return text
    value = {leaf: value for leaf, _, value in base.replace({path: text}).leaves()}[path]
    if not isinstance(value, bool | int | float | str):
        raise UserError(f"{path} cannot be varied", "Vary a setting that is a number, a word, or a switch")
    return value
