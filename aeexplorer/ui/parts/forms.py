"""Settings → a form: widgets from fields, exchangeable parts from their folder, marks and a way back for what was changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import streamlit as st

from aeexplorer.core.registry import collect
from aeexplorer.core.settings import Settings, without_effect
from aeexplorer.models.parts import PartSettings, part_package
from aeexplorer.ui.parts.widgets import label, widget
from aeexplorer.ui.session import state

S = TypeVar("S", bound=Settings)

NO_PART = "none"
"""The choice of no part at all."""


class SettingsForm(Generic[S]):
    """Widgets for settings, drawn where the page likes, in as many places as it likes.

    Parameters
    ----------
    defaults
        What the form starts with; what differs from it is marked.
    key
        Names the form: another key is another form with its own values.
    choices
        What a text (or a list of texts) may be, by dotted path; without it a text is free.
    meaning, free
        What a value stands for and which settings are varied, as `without_effect` takes them.
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
        self.base = defaults
        """The defaults, with the parts that were chosen."""
        for path in self.parts:
            chosen = state.setdefault(self._key(f"{path}.kind"), _kind(defaults, path))
            if chosen != _kind(self.base, path):
                self.base = self.base.replace({f"{path}.kind": chosen})

    def draw(self, paths: Iterable[str], columns: int = 3) -> None:
        """Draw the settings of these dotted paths in a grid.

        Those that the chosen parts do not have are left out, and those without effect, which are at their defaults then.
        """
        leaves = {path: (field, value) for path, field, value in self.base.leaves()}
        idle = self._idle()
        shown = [path for path in paths if path in leaves and path not in idle]
        if not shown:
            return
        grid = st.grid(columns, min_column_width=170, gap=(10, 20))
        for path in shown:
            field, default = leaves[path]
            key = self._key(path)
            now = state.setdefault(key, default)
            with grid.cell():
                self.values[path] = widget(
                    path.rpartition(".")[2],
                    field,
                    default,
                    key=key,
                    changed=now != default,
                    choices=self.choices.get(path),
                )

    def draw_all(self, but: Iterable[str] = (), columns: int = 3) -> None:
        """Draw every setting except some: a heading for each group, an exchangeable part chosen at its head."""
        left_out = set(but)
        for group, paths in self._groups().items():
            if group in self._idle():
                continue
            if group in self.parts:
                self._choose(group)
            elif group and paths:
                st.markdown(f"**{label(group.rpartition('.')[2])}**")
            self.draw([path for path in paths if path not in left_out], columns)

    def settings(self) -> S:
        """The settings as the widgets drawn so far say.

        Raises
        ------
        UserError
            If a value does not fit.
        """
        held = {path: value for path, _, value in self.base.leaves()}
        return self.base.replace({path: value for path, value in self.values.items() if value != held[path]})

    @property
    def changed(self) -> bool:
        """Whether a widget drawn so far, or a part, differs from the defaults."""
        held = {path: value for path, _, value in self.base.leaves()}
        return self.base != self.defaults or any(value != held[path] for path, value in self.values.items())

    def reset_button(self) -> None:
        """A button that goes back to the defaults, where something differs from them; what follows keeps its place."""
        with st.container():
            if self.changed:
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

    def _idle(self) -> Collection[str]:
        """What changes nothing under the other settings, as the widgets stand."""
        held = ((path, field, state.get(self._key(path), value)) for path, field, value in self.base.leaves())
        return without_effect(held, self.meaning, self.free, self.base.marked())

    def _choose(self, path: str) -> None:
        kinds = self.parts[path]
        st.selectbox(
            f"**{label(path.rpartition('.')[2])}**",
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


def settings_form(defaults: S, key: str, choices: Mapping[str, Sequence[str]] | None = None) -> S:
    """Draw a form of all settings and return them as they stand.

    Raises
    ------
    UserError
        If a value does not fit.
    """
    form = SettingsForm(defaults, key=key, choices=choices)
    form.draw_all()
    form.reset_button()
    return form.settings()


def _parts(settings: Settings, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Dotted paths of the exchangeable parts, and the settings classes that each may have, by kind."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        package = part_package(field)
        if package:
            found: dict[str, Any] = dict(collect(package, PartSettings))
            optional = not isinstance(field.annotation, type)
            yield f"{prefix}{name}", ({NO_PART: None} if optional else {}) | found
        if isinstance(value, Settings):
            yield from _parts(value, f"{prefix}{name}.")


def _at(settings: Settings, path: str) -> Any:
    for name in path.split("."):
        settings = getattr(settings, name)
    return settings


def _kind(settings: Settings, path: str) -> str:
    part = _at(settings, path)
    return NO_PART if part is None else str(part.kind)


def _description(settings: Settings, path: str) -> str:
    group, _, leaf = path.rpartition(".")
    owner = _at(settings, group) if group else settings
    return " ".join((type(owner).model_fields[leaf].description or "").split())
