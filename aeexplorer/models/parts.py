"""Exchangeable parts of a model: settings that are chosen by their `kind`, one file a part."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from aeexplorer.core.registry import collect
from aeexplorer.core.settings import Settings

S = TypeVar("S", bound="PartSettings")


class PartSettings(Settings):
    """Settings of an exchangeable part. Each file of a part's folder offers one subclass; its `build` makes the module."""

    name: ClassVar[str]
    """The part's name, which is also the value of `kind`."""
    title: ClassVar[str]
    """The part's name for people."""
    kind: str
    """Which part."""


def part_settings(package: str, kind: str) -> type[PartSettings]:
    """The settings class of a registered part (a bottleneck, fusion, corruption or likelihood).

    Raises
    ------
    ValueError
        If the package has no part of that kind; names those it has.
    """
    parts = collect(package, PartSettings)
    if kind not in parts:
        raise ValueError(f"there is no {kind!r} in {package.rpartition('.')[2]}; there are {', '.join(parts)}")
    return parts[kind]


def default_part(package: str, base: type[S], kind: str) -> S:
    """The settings of a registered part at their defaults, as an instance of its base class."""
    settings = part_settings(package, kind).model_validate({})
    assert isinstance(settings, base)
    return settings


@dataclass(frozen=True)
class _PartReader:
    """Reads the settings of an exchangeable part from plain data, by its `kind`, or from its `kind` alone."""

    package: str

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, dict):
            return value
        return part_settings(self.package, value.get("kind", "")).model_validate(value)


def part(package: str) -> BeforeValidator:
    """A validator that reads the settings of a part of this package from plain data."""
    return BeforeValidator(_PartReader(package))


def part_package(field: FieldInfo) -> str | None:
    """The folder that the parts of a field come from; None for a field that is not an exchangeable part."""
    readers = (m.func for m in field.metadata if isinstance(m, BeforeValidator))
    return next((reader.package for reader in readers if isinstance(reader, _PartReader)), None)
