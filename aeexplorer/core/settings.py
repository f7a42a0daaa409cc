"""Base class of all settings: frozen pydantic models whose fields have bounds and a description.

The widget, the command-line option, the JSON on disk and the error message of a setting are all derived from its field.
"""

import hashlib
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from aeexplorer.core.errors import UserError

PART = "part"
"""Marker in the `Annotated` type of a field: the field holds an exchangeable part, selected by its `kind`."""


@dataclass(frozen=True)
class GreaterThan:
    """Condition of a `When`: the value is greater than a limit. None never is."""

    limit: float

    def __contains__(self, value: Any) -> bool:
        return value is not None and bool(value > self.limit)


class NoneOf(tuple[Any, ...]):
    """Condition of a `When`: the value is none of the listed values."""

    __slots__ = ()

    def __contains__(self, value: Any) -> bool:
        return not super().__contains__(value)


@dataclass(frozen=True)
class When:
    """Marker in the `Annotated` type of a field: the condition under which the setting has an effect.

    With several markers on a field, it is enough that one of them holds. A marker on a part applies to all settings of the part.

    Parameters
    ----------
    conditions
        Other settings of the same group, or of a part of that group (``bottleneck.token_target``), and the values that each of
        them must have. A setting that the chosen part does not have counts as None. The name ``modality`` stands for the
        modality of the data; it is None when the modality is unknown.
    """

    conditions: Mapping[str, Container[Any]]


@dataclass(frozen=True)
class Added:
    """Marker in the `Annotated` type of a field: the setting was added after settings format 1, the settings of version 0.5.0.

    While it has its default, it is neither stored nor part of the digest, so older runs keep their ids. The default is what
    the setting means in runs that were made without it. It therefore switches the new behaviour off, and never changes again.
    """


class Settings(BaseModel):
    """Base class of all settings. Instances are immutable and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)

    def digest(self) -> str:
        """Return the SHA-256 (hex) of the settings as canonical JSON. Equal settings have equal digests."""
        return hashlib.sha256(orjson.dumps(self.stored(), option=orjson.OPT_SORT_KEYS)).hexdigest()

    def stored(self) -> dict[str, Any]:
        """Return the settings as plain data to store, without settings that are marked as `Added` and have their default."""
        tree: dict[str, Any] = self.model_dump(mode="json")
        _drop_added_defaults(self, tree)
        return tree

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, FieldInfo, Any]]:
        """Iterate over all settings that are not groups: (dotted path, field, value), in the order of definition."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Settings):
                yield from value.leaves(f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", field, value

    def conditional_groups(self, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
        """Iterate over the groups and parts that have a `When` marker themselves: (dotted path, field)."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Settings):
                if any(isinstance(marker, When) for marker in field.metadata):
                    yield f"{prefix}{name}", field
                yield from value.conditional_groups(f"{prefix}{name}.")

    def replace(self, changes: dict[str, Any]) -> Self:
        """Return a copy with some settings changed.

        Parameters
        ----------
        changes
            Dotted path of each setting to change → its new value. A path may omit groups in its middle if it stays
            unambiguous: ``model.codebook_size`` means ``model.bottleneck.codebook_size``. The path of an exchangeable part
            means its kind: ``model.likelihood`` is ``model.likelihood.kind``. Values may be strings; items of a list are
            then separated by commas.

        Raises
        ------
        UserError
            If a path does not exist or matches several settings, or a value is out of bounds.
        """
        settings = self
        # change the kinds of parts first: another kind has other settings
        parts = {"kind", *(part.rpartition(".")[2] for part in _parts(self))}
        for path in sorted(changes, key=lambda path: path.rpartition(".")[2] not in parts):
            settings = settings._with_value(settings.full_path(path), changes[path])
        return settings

    def _with_value(self, path: str, value: Any) -> Self:
        tree = self.model_dump(mode="json")
        *groups, leaf = path.split(".")
        if leaf == "kind":  # start from the defaults of the new kind
            leaf, value = groups.pop(), None if value in (None, "", "none") else {"kind": value}
        node = tree
        for group in groups:
            node = node[group]
        if isinstance(node.get(leaf), list) and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        node[leaf] = value
        return parse(type(self), tree)

    def full_path(self, path: str) -> str:
        """Return the full dotted path of a path that may omit groups, see `replace`.

        Raises
        ------
        UserError
            If the path does not exist or matches several settings.
        """
        leaves = [leaf for leaf, _, _ in self.leaves()]
        targets = {leaf: leaf for leaf in leaves} | {part: f"{part}.kind" for part in _parts(self)}
        targets |= {kind: kind for kind in targets.values()}
        if path in targets:
            return targets[path]
        head, _, leaf = path.rpartition(".")
        matches = [k for k in targets if k.endswith(f".{leaf}") and k.startswith(f"{head}." if head else "")]
        if len(matches) == 1:
            return targets[matches[0]]
        if matches:
            raise UserError(f"the setting {path!r} matches several settings: {', '.join(matches)}", "Write the full path")
        similar = [k for k in targets.values() if leaf in k or k.rpartition(".")[2] in leaf] or targets.values()
        raise UserError(f"there is no setting {path!r} here", f"Similar settings: {', '.join(dict.fromkeys(similar))}")


def settings_without_effect(
    leaves: Iterable[tuple[str, FieldInfo, Any]],
    meaning: Mapping[str, Mapping[Any, Collection[Any]]] | None = None,
    free: Collection[str] = (),
    groups: Iterable[tuple[str, FieldInfo]] = (),
) -> dict[str, str]:
    """Find the settings that have no effect, given the values of the other settings.

    Parameters
    ----------
    leaves
        Settings and their values, as returned by `Settings.leaves`.
    meaning
        Dotted path → value → the values that it stands for, for values such as "auto". A condition on the setting holds if
        one of these values meets it. Names that are not settings, such as ``model.modality``, have the single key None.
    free
        Settings that are varied, for example in a search. Conditions on them always hold.
    groups
        Parts with conditions of their own, as returned by `Settings.conditional_groups`. They are reported as well as their
        settings.

    Returns
    -------
    dict
        Dotted path of each setting without effect → the reason, as a sentence.
    """
    settings = list(leaves)
    values = {path: meanings[None] for path, meanings in (meaning or {}).items() if None in meanings}
    values |= {
        path: meaning[path].get(value, (value,)) if meaning and path in meaning else (value,) for path, _, value in settings
    }
    # conditions of the settings and of the parts
    reasons = {}
    for path, field in (*groups, *((path, field) for path, field, _ in settings)):
        markers = [marker for marker in field.metadata if isinstance(marker, When)]
        group = path.rpartition(".")[0]
        violations = [_violated_condition(marker, f"{group}." if group else "", values, free) for marker in markers]
        if violations and all(violations):
            current = " or ".join(str(value) for value in values[violations[0]])
            reasons[path] = f"{path} has no effect with {violations[0]} {current}"
    # settings of a part without effect have no effect either
    enclosing = {path: group for path, _, _ in settings for group in reasons if path.startswith(f"{group}.")}
    return reasons | {path: reasons[group].replace(group, path, 1) for path, group in enclosing.items()}


def _violated_condition(marker: When, prefix: str, values: Mapping[str, Collection[Any]], free: Collection[str]) -> str:
    """Return the path of the first setting whose value violates the marker; an empty string if there is none."""
    for name, allowed in marker.conditions.items():
        path = f"{prefix}{name}"
        if path not in free and not any(value in allowed for value in values.get(path, (None,))):
            return path
    return ""


def _drop_added_defaults(value: Any, tree: Any) -> None:
    """Remove settings marked as `Added` that have their default from plain data, at any depth."""
    if isinstance(value, Settings):
        for name, field in type(value).model_fields.items():
            setting = getattr(value, name)
            is_added = any(isinstance(marker, Added) for marker in field.metadata)
            if is_added and setting == field.get_default(call_default_factory=True):
                del tree[name]
            else:
                _drop_added_defaults(setting, tree[name])
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _drop_added_defaults(item, tree[name])
    elif isinstance(value, list | tuple):
        for item, node in zip(value, tree, strict=True):
            _drop_added_defaults(item, node)


def _parts(settings: Settings, prefix: str = "") -> list[str]:
    """Return the dotted paths of the exchangeable parts, including parts that are None."""
    paths = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if PART in field.metadata:
            paths.append(f"{prefix}{name}")
        if isinstance(value, Settings):
            paths += _parts(value, f"{prefix}{name}.")
    return paths


def parse(kind: type[Any], tree: Any) -> Any:
    """Validate plain data as settings, and turn pydantic's report into one sentence.

    Parameters
    ----------
    kind
        The settings class.
    tree
        Plain data, for example parsed JSON.

    Raises
    ------
    UserError
        If a setting is invalid. The message names the first such setting, the given value and what is allowed.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"]) or kind.__name__
        raise UserError(f"the setting {path} is {first['input']!r}", f"Change it: {first['msg'].lower()}") from None
