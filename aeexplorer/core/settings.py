"""Settings: frozen, documented, bounded fields. The widget, the command-line option, the JSON and the message come from them."""

import hashlib
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from aeexplorer.core.errors import UserError

PART = "part"
"""Marks, in a field's `Annotated` type, a part that is exchanged as a whole by its `kind`."""


@dataclass(frozen=True)
class Above:
    """All numbers above a limit, as values in a `When`."""

    limit: float

    def __contains__(self, value: Any) -> bool:
        return value is not None and bool(value > self.limit)


class But(tuple[Any, ...]):
    """All values but some, as values in a `When`."""

    __slots__ = ()

    def __contains__(self, value: Any) -> bool:
        return not super().__contains__(value)


@dataclass(frozen=True)
class When:
    """Marks, in a field's `Annotated` type, under which other settings it has an effect; of several marks one is enough.

    Parameters
    ----------
    conditions
        Settings of the same group, or of a part in it (``bottleneck.token_target``), and the values that they must have,
        all of them. A setting that is not there, as other parts have no such thing, is None; ``modality`` is what the data
        are, None where that is not said. The mark of a part is that of each of its settings.
    """

    conditions: Mapping[str, Container[Any]]


class Settings(BaseModel):
    """Base of all settings: unknown fields are refused, values never change in place."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)

    def digest(self) -> str:
        """SHA-256 (hex) of the settings as canonical JSON; equal settings have equal digests."""
        return hashlib.sha256(orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).hexdigest()

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, FieldInfo, Any]]:
        """Every setting that is not itself a group: (dotted path, field, value), in the order of definition."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Settings):
                yield from value.leaves(f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", field, value

    def marked(self, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
        """Groups and parts with a `When` of their own: (dotted path, field)."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Settings):
                if any(isinstance(mark, When) for mark in field.metadata):
                    yield f"{prefix}{name}", field
                yield from value.marked(f"{prefix}{name}.")

    def replace(self, changes: dict[str, Any]) -> Self:
        """A copy with some settings changed.

        Parameters
        ----------
        changes
            Dotted paths to values. A path may leave out groups in its middle when that is unambiguous:
            ``model.codebook_size`` finds ``model.bottleneck.codebook_size``. Values may be strings, those of a list
            divided by commas. The path of an exchangeable part stands for its kind: ``model.likelihood`` is
            ``model.likelihood.kind``.

        Raises
        ------
        UserError
            For a path that does not exist or fits several settings, and for a value out of bounds.
        """
        settings = self
        parts = {"kind", *(part.rpartition(".")[2] for part in _parts(self))}
        for path in sorted(changes, key=lambda path: path.rpartition(".")[2] not in parts):
            settings = settings._with(settings.full_path(path), changes[path])
        return settings

    def _with(self, path: str, value: Any) -> Self:
        tree = self.model_dump(mode="json")
        *groups, leaf = path.split(".")
        if leaf == "kind":  # another kind of part has other settings: start from its defaults
            leaf, value = groups.pop(), None if value in (None, "", "none") else {"kind": value}
        node = tree
        for group in groups:
            node = node[group]
        if isinstance(node.get(leaf), list) and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        node[leaf] = value
        return parse(type(self), tree)

    def full_path(self, path: str) -> str:
        """The dotted path in full of one that may leave out groups, as in `replace`, which raises alike."""
        leaves = [leaf for leaf, _, _ in self.leaves()]
        targets = {leaf: leaf for leaf in leaves} | {part: f"{part}.kind" for part in _parts(self)}
        targets |= {kind: kind for kind in targets.values()}
        if path in targets:
            return targets[path]
        head, _, leaf = path.rpartition(".")
        found = [k for k in targets if k.endswith(f".{leaf}") and k.startswith(f"{head}." if head else "")]
        if len(found) == 1:
            return targets[found[0]]
        if found:
            raise UserError(f"the setting {path!r} fits several: {', '.join(found)}", "Write one of them in full")
        near = [k for k in targets.values() if leaf in k or k.rpartition(".")[2] in leaf] or targets.values()
        raise UserError(f"there is no setting {path!r} here", f"Settings like it: {', '.join(dict.fromkeys(near))}")


def without_effect(
    leaves: Iterable[tuple[str, FieldInfo, Any]],
    meaning: Mapping[str, Mapping[Any, Collection[Any]]] | None = None,
    free: Collection[str] = (),
    groups: Iterable[tuple[str, FieldInfo]] = (),
) -> dict[str, str]:
    """Settings that change nothing under the others: dotted path → why, as a sentence.

    Parameters
    ----------
    leaves
        Settings and their values, as `Settings.leaves` gives them.
    meaning
        What a setting's values stand for, where that is other than themselves: several values, of which one is enough; what
        is no setting, such as ``model.modality``, has the value None.
    free
        Settings that are varied: they may have any value.
    groups
        Parts with conditions of their own, as `Settings.marked` gives them; they are told of beside their settings.
    """
    found = list(leaves)
    values = {path: known[None] for path, known in (meaning or {}).items() if None in known}
    values |= {path: meaning[path].get(value, (value,)) if meaning and path in meaning else (value,) for path, _, value in found}
    said = {}
    for path, field in (*groups, *((path, field) for path, field, _ in found)):
        marks = [mark for mark in field.metadata if isinstance(mark, When)]
        group = path.rpartition(".")[0]
        against = [_broken(mark, f"{group}." if group else "", values, free) for mark in marks]
        if against and all(against):
            now = " or ".join(str(value) for value in values[against[0]])
            said[path] = f"{path} has no effect with {against[0]} {now}"
    inside = {path: group for path, _, _ in found for group in said if path.startswith(f"{group}.")}
    return said | {path: said[group].replace(group, path, 1) for path, group in inside.items()}


def _broken(mark: When, prefix: str, values: Mapping[str, Collection[Any]], free: Collection[str]) -> str:
    """The first setting that does not have a value of the mark's; empty where all do."""
    for name, wanted in mark.conditions.items():
        path = f"{prefix}{name}"
        if path not in free and not any(value in wanted for value in values.get(path, (None,))):
            return path
    return ""


def _parts(settings: Settings, prefix: str = "") -> list[str]:
    """Dotted paths of the exchangeable parts (fields whose settings have a `kind`), switched on or not."""
    found = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if PART in field.metadata:
            found.append(f"{prefix}{name}")
        if isinstance(value, Settings):
            found += _parts(value, f"{prefix}{name}.")
    return found


def parse(kind: type[Any], tree: Any) -> Any:
    """Validate plain data as settings of a kind, turning pydantic's report into one sentence.

    Raises
    ------
    UserError
        Naming the first setting that does not fit, what was given and what is allowed.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or kind.__name__
        raise UserError(f"the setting {where} is {first['input']!r}", f"It should be so: {first['msg'].lower()}") from None
