"""Forms of settings: a widget for each field, a choice of exchangeable parts, marks on changes and a button to undo them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.core.registry import collect
from aeexplorer.core.settings import Settings, settings_without_effect
from aeexplorer.models.parts import PartSettings, part_package
from aeexplorer.ui.parts.widgets import escape, find_problem, setting_widget
from aeexplorer.ui.session import state
from aeexplorer.views.labels import display_name

S = TypeVar("S", bound=Settings)

NO_PART = "none"
"""Choice that stands for no part at all."""


class SettingsForm(Generic[S]):
    """Widgets of settings, which a page may draw in several places.

    Parameters
    ----------
    defaults
        Values that the form starts with. Settings that differ from them are marked.
    key
        Key of the form. A form with another key has its own values.
    choices
        Values that a text, or the items of a list of texts, may have, by dotted path. Other texts are free.
    meaning, free
        Meaning of automatic values, and settings that are varied. See `settings_without_effect`.
    """

    def __init__(
        self,
        defaults: S,
        *,
        key: str,
        choices: Mapping[str, Sequence[str]] | None = None,
        meaning: Mapping[str, Mapping[Any, Collection[Any]]] | None = None,
        free: Collection[str] = (),
    ) -> None:
        self.defaults = defaults
        self.key = key
        self.choices = choices or {}
        self.meaning = meaning
        self.free = free
        self.parts = {path: kinds for path, kinds in _parts(defaults) if len(kinds) > 1}
        self.values: dict[str, Any] = {}
        self.problems: dict[str, str] = {}
        """What is wrong with the values of the widgets drawn so far, by dotted path."""
        self.base = defaults
        """The defaults, but with the parts that are chosen in the form."""
        for path in self.parts:
            chosen = state.setdefault(self._key(f"{path}.kind"), _kind(defaults, path))
            if chosen != _kind(self.base, path):
                self.base = self.base.replace({f"{path}.kind": chosen})

    def draw(self, paths: Iterable[str], columns: int = 3) -> None:
        """Draw the settings of these dotted paths in a grid.

        Settings that the chosen parts do not have are left out, and so are settings without effect, which keep their
        defaults.
        """
        leaves = {path: (field, value) for path, field, value in self.base.leaves()}
        idle = self._settings_without_effect()
        drawn = [path for path in paths if path in leaves and path not in idle]
        if not drawn:
            return
        grid = st.grid(columns, min_column_width=170, gap=(10, 20))
        for path in drawn:
            field, default = leaves[path]
            key = self._key(path)
            value = state.setdefault(key, default)
            with grid.cell():
                self.values[path] = setting_widget(
                    path, field, default, key=key, is_changed=value != default, choices=self.choices.get(path)
                )
                if problem := find_problem(field, self.values[path]):
                    self.problems[path] = problem
                    st.markdown(f":red[:material/error: {escape(problem)}]")

    def draw_all(self, exclude: Iterable[str] = (), columns: int = 3) -> None:
        """Draw all settings but the excluded ones, with a heading for each group and a choice for each exchangeable part."""
        excluded = set(exclude)
        for group, paths in self._groups().items():
            if group in self._settings_without_effect():
                continue
            if group in self.parts:
                self._choose_part(group)
            elif group and paths:
                st.markdown(f"**{display_name(group)}**")
            self.draw([path for path in paths if path not in excluded], columns)

    def settings(self) -> S:
        """Return the settings with the values of the widgets drawn so far.

        Raises
        ------
        UserError
            If a value is not valid.
        """
        for path, problem in self.problems.items():
            raise UserError(f"{display_name(path)}: {problem}", "Change the marked setting, or go back to the defaults")
        base = {path: value for path, _, value in self.base.leaves()}
        return self.base.replace({path: value for path, value in self.values.items() if value != base[path]})

    @property
    def is_changed(self) -> bool:
        """Whether a part, or the value of a widget drawn so far, differs from the defaults."""
        base = {path: value for path, _, value in self.base.leaves()}
        return self.base != self.defaults or any(value != base[path] for path, value in self.values.items())

    def reset_button(self) -> None:
        """Draw a button that restores the defaults, if something differs from them."""
        with st.container():  # always there, so that the elements below keep their place
            if self.is_changed:
                st.button(
                    "Back to the defaults",
                    key=self._key("reset"),
                    icon=":material/undo:",
                    type="tertiary",
                    on_click=state.put,
                    args=(self._reset_values(),),
                )

    def _reset_values(self) -> dict[str, Any]:
        values = {self._key(path): value for path, _, value in self.defaults.leaves() if not path.endswith("kind")}
        return values | {self._key(f"{path}.kind"): _kind(self.defaults, path) for path in self.parts}

    def _settings_without_effect(self) -> Collection[str]:
        """Return the settings and parts that have no effect, given the present values of the widgets."""
        leaves = ((path, field, state.get(self._key(path), value)) for path, field, value in self.base.leaves())
        return settings_without_effect(leaves, self.meaning, self.free, self.base.conditional_groups())

    def _choose_part(self, path: str) -> None:
        kinds = self.parts[path]
        st.selectbox(
            f"**{display_name(path)}**",
            list(kinds),
            key=self._key(f"{path}.kind"),
            format_func=lambda kind: kinds[kind].title if kind != NO_PART else "None",
            help=_description(self.defaults, path),
            persist_state="session",
        )

    def _groups(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {"": []}
        for path, _, _ in self.base.leaves():
            group, _, leaf = path.rpartition(".")
            if leaf != "kind" and path not in self.parts:
                groups.setdefault(group, []).append(path)
        return groups | {path: groups.get(path, []) for path in self.parts}

    def _key(self, path: str) -> str:
        return f"{self.key}:{path}"


def _parts(settings: Settings, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the dotted path of each exchangeable part, and the settings classes to choose from, by kind."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        package = part_package(field)
        if package:
            kinds: dict[str, Any] = dict(collect(package, PartSettings))
            is_optional = not isinstance(field.annotation, type)
            yield f"{prefix}{name}", ({NO_PART: None} if is_optional else {}) | kinds
        if isinstance(value, Settings):
            yield from _parts(value, f"{prefix}{name}.")


def _value_at(settings: Settings, path: str) -> Any:
    for name in path.split("."):
        settings = getattr(settings, name)
    return settings


def _kind(settings: Settings, path: str) -> str:
    part = _value_at(settings, path)
    return NO_PART if part is None else str(part.kind)


def _description(settings: Settings, path: str) -> str:
    group, _, leaf = path.rpartition(".")
    owner = _value_at(settings, group) if group else settings
    return " ".join((type(owner).model_fields[leaf].description or "").split())
