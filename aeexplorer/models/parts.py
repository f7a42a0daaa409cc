"""Exchangeable parts of a model: settings that are selected by their `kind`, one file per part."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from aeexplorer.core.registry import collect
from aeexplorer.core.settings import Settings

S = TypeVar("S", bound="PartSettings")


class PartSettings(Settings):
    """Settings of an exchangeable part.

    Each file in the folder of a part defines one subclass. The `build` method of the subclass creates the module.
    """

    name: ClassVar[str]
    """Name of the part, which is also the value of `kind`."""
    title: ClassVar[str]
    """Name of the part that people see."""
    kind: str
    """Kind of the part."""


def part_settings(package: str, kind: str) -> type[PartSettings]:
    """Return the settings class of a registered part (a bottleneck, fusion, corruption or likelihood).

    Raises
    ------
    ValueError
        If the package has no part of that kind. The message lists the kinds that exist.
    """
    parts = collect(package, PartSettings)
    if kind not in parts:
        raise ValueError(f"there is no {kind!r} in {package.rpartition('.')[2]}; there are {', '.join(parts)}")
    return parts[kind]


def default_part(package: str, base: type[S], kind: str) -> S:
    """Return the default settings of a registered part, typed as an instance of its base class."""
    settings = part_settings(package, kind).model_validate({})
    assert isinstance(settings, base)
    return settings


@dataclass(frozen=True)
class _PartReader:
    """Reader of the settings of a part from plain data with a `kind`, or from the `kind` alone."""

    package: str

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, dict):
            return value
        return part_settings(self.package, value.get("kind", "")).model_validate(value)


def part_validator(package: str) -> BeforeValidator:
    """Return a validator that reads the settings of a part of this package from plain data."""
    return BeforeValidator(_PartReader(package))


def part_package(field: FieldInfo) -> str | None:
    """Return the package that the parts of a field come from; None if the field is not an exchangeable part."""
    readers = (m.func for m in field.metadata if isinstance(m, BeforeValidator))
    return next((reader.package for reader in readers if isinstance(reader, _PartReader)), None)
