"""What a search varies: a setting takes one of some values, or any number of a range."""

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

LOG_FROM = 20
"""A range above 0 whose ends are so many times apart is searched by orders of magnitude."""
GRID_POINTS = 5
"""Values of a range that a grid takes."""


class Choices(Settings):
    """A setting takes one of these values."""

    values: Annotated[tuple[Value, ...], Bounds(min_length=1, max_length=100)]
    """The values."""

    def points(self) -> list[Value]:
        """What a grid takes."""
        return list(self.values)


class Range(Settings):
    """A setting takes any number between two."""

    low: float
    """The lowest."""
    high: float
    """The highest."""
    log: bool = False
    """Whether orders of magnitude are equally likely, rather than numbers."""
    whole: bool = False
    """Whether only whole numbers are taken."""

    def points(self) -> list[Value]:
        """What a grid takes: five values, evenly apart."""
        low, high = (math.log(end) if self.log else end for end in (self.low, self.high))
        spread = [low + (high - low) * i / (GRID_POINTS - 1) for i in range(GRID_POINTS)]
        return list(dict.fromkeys(self.fit(math.exp(point) if self.log else point) for point in spread))

    def fit(self, number: float) -> Value:
        """A number as the setting takes it: whole, or to four digits, and within the range."""
        if self.whole:
            return int(min(max(round(number), self.low), self.high))
        return min(max(float(f"{number:.4g}"), self.low), self.high)


Dimension = Choices | Range
Space = Mapping[str, Dimension]


def read_space(base: RunConfig, texts: Mapping[str, str]) -> dict[str, Dimension]:
    """Settings and what they may be, as a person writes it, for example ``{"model.latent_dim": "2,4,8"}``.

    Parameters
    ----------
    base
        The settings that are varied.
    texts
        By dotted path, which may leave out groups: values with commas between, or ``1e-4..1e-2`` for any number between
        two. A range from above 0 to twenty times as much or more is searched by orders of magnitude.

    Raises
    ------
    UserError
        For a setting that does not exist, cannot be varied, or a value that does not fit.
    """
    return {base.full_path(path): _read(base, base.full_path(path), text) for path, text in texts.items()}


def check_space(base: RunConfig, space: Space) -> None:
    """Raise `UserError` if nothing is varied, or some value does not fit in some combination of parts."""
    if not space:
        raise UserError("nothing is varied", "Choose a setting, and the values that it may have")
    if "dataset" in space:
        raise UserError("a search is on one dataset", "Vary other settings, and search on each dataset")
    for parts in itertools.product(*(_each(space, path) for path in space if path.endswith(".kind"))):
        chosen = dict(parts)
        for path in space:
            for pair in _each(space, path):
                base.replace(chosen | dict([pair]) if not path.endswith(".kind") else chosen)


def combinations(space: Space) -> Iterator[dict[str, Value]]:
    """Every combination that a grid has, the last setting changing first."""
    for values in itertools.product(*(dimension.points() for dimension in space.values())):
        yield dict(zip(space, values, strict=True))


def suggestion(field: FieldInfo, value: Any) -> str | None:
    """Values worth trying for a setting, as `read_space` reads them: within its bounds, around what it is now.

    None for a setting that cannot be varied.
    """
    if get_origin(field.annotation) is Literal:
        return ",".join(str(choice) for choice in get_args(field.annotation))
    if isinstance(value, bool):
        return "true,false"
    low, high = bounds(field)
    if isinstance(value, int):
        near = [max(1, value // 2), value, value * 2] if value else [0, 1, 2]
        return ",".join(str(number) for number in dict.fromkeys(int(min(max(n, low), high)) for n in near))
    if isinstance(value, float):
        ends = (value / 10, value * 10) if value > 0 else (0.0, min(high, 1.0))
        return "..".join(f"{min(max(end, low), high):g}" for end in ends)
    return str(value) if isinstance(value, str) else None


def bounds(field: FieldInfo) -> tuple[float, float]:
    """Lowest and highest value of a number; an open end is moved inwards by a thousandth of it, or of one."""
    low, high = -math.inf, math.inf
    for mark in field.metadata:
        match mark:
            case Ge(ge=end):
                low = float(end)  # type: ignore[arg-type]
            case Gt(gt=end):
                low = float(end) + 1e-3 * (abs(float(end)) or 1e-3)  # type: ignore[arg-type]
            case Le(le=end):
                high = float(end)  # type: ignore[arg-type]
            case Lt(lt=end):
                high = float(end) - 1e-3 * (abs(float(end)) or 1)  # type: ignore[arg-type]
    return low, high


def _each(space: Space, path: str) -> list[tuple[str, Value]]:
    dimension = space[path]
    values = dimension.values if isinstance(dimension, Choices) else (dimension.low, dimension.high)
    whole = isinstance(dimension, Range) and dimension.whole
    return [(path, int(value) if whole else value) for value in values]


def _read(base: RunConfig, path: str, text: str) -> Dimension:
    first, dots, last = (part.strip() for part in text.partition(".."))
    if not dots:
        values = tuple(dict.fromkeys(_typed(base, path, part.strip()) for part in text.split(",") if part.strip()))
        if not values:
            raise UserError(f"{path} has no values to try", "Write them with commas between, such as 2,4,8")
        return Choices(values=values)
    low, high = _typed(base, path, first), _typed(base, path, last)
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)) or not float(low) < float(high):
        raise UserError(f"{path} cannot go from {first} to {last}", "Write a range of numbers, the lower one first: 1e-4..1e-2")
    whole = isinstance(low, int)
    return Range(low=float(low), high=float(high), log=float(low) > 0 and float(high) / float(low) >= LOG_FROM, whole=whole)


def _typed(base: RunConfig, path: str, text: str) -> Value:
    """A value as the setting has it; the setting need not be there in all parts."""
    if path.endswith(".kind"):
        base.replace({path: text})
        return text
    found = {leaf: value for leaf, _, value in base.replace({path: text}).leaves()}[path]
    if not isinstance(found, bool | int | float | str):
        raise UserError(f"{path} cannot be varied", "Vary a setting that is a number, a word, or on and off")
    return found
