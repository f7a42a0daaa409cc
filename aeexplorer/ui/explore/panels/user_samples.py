"""Yours: what a person draws, writes, records or uploads, seen with the model's eyes; and samples like one of the dataset."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.projection import Projection, place
from aeexplorer.analysis.samples.user_samples import Encoded, Guest, Neighbours, encode, find_neighbours, own_sample
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.panels._user_sample import show_guest, show_neighbours
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.sample_inputs import entry_of
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.stored import mark_of
from aeexplorer.ui.session.user_samples import Desk
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.user_samples import guests_overlay

NEAREST = 8
WIDTH, SMALL, LARGE = 250, 84, 150
"""Of what stands beside the result, of its pictures there, and of its pictures where they have the whole width, in CSS pixels."""
OWN = 0
"""Number of the dataset's own sample among the guests."""
_LIKE = "explore.like"


@dataclass(frozen=True, eq=False)
class _Seen:
    """A guest as the open run sees it."""

    number: int
    name: str
    """On the map."""
    title: str
    guest: Guest
    encoded: Encoded
    near: Neighbours


def _draw(scene: Scene) -> None:
    desk = Desk(scene.run.dataset)
    fields = scene.run.dataset.fields
    there = {name: entry for name, field in fields.items() if (entry := entry_of(field.modality)) is not None}
    chosen = _choose_field(desk, list(there))
    shown = _shown(scene, desk)
    if not chosen:
        _line(scene, desk)
        _result(scene, desk, shown)
        return
    entry = there[chosen]
    with st.container(horizontal=entry.narrow, gap="medium"):
        with st.container(width=WIDTH if entry.narrow else "stretch", key="guests-entry"):
            entry.draw(desk, fields[chosen])
            _line(scene, desk)
        with st.container(width="stretch", key="guests-result"):
            _result(scene, desk, shown, NEAREST // 2 if entry.narrow else NEAREST)


def _choose_field(desk: Desk, names: list[str]) -> str:
    """Which field is given; the first where there is one."""
    if len(names) < 2:
        return names[0] if names else ""
    label = "Give any of the fields; the model tells the others from them"
    key = desk.key("field")
    return st.segmented_control(label, names, default=names[0], required=True, key=key, persist_state="session") or names[0]


def _result(scene: Scene, desk: Desk, shown: _Seen | None, columns: int = NEAREST) -> None:
    if desk.visit.refused:
        st.error(escape(desk.visit.refused), icon=":material/error:")
    if shown is None:
        st.caption("What you give is encoded by this model and lands on the map. Or click a sample there for those like it.")
        return
    given = list(shown.guest.samples)
    if len(given) > 1:
        key = _seen_key(desk, shown.number, given)
        look = {"default": given, "key": key, "persist_state": "session", "help": "It tells the others from these."}
        st.pills("The encoder sees", given, selection_mode="multi", **look)
    st.markdown(f"**{shown.name}** · {escape(shown.title)}" if shown.number else f"**{escape(shown.title)}**")
    show_guest(scene.run, shown.guest, shown.encoded, shown.near, SMALL if columns < NEAREST else LARGE)
    show_neighbours(scene.run, shown.near, columns)
    st.button(
        "Light up the neighbours",
        icon=":material/lightbulb:",
        key="guests.light",
        on_click=scene.light,
        args=(shown.near.ids.tolist(),),
        help="Selects them in every view.",
    )


def _line(scene: Scene, desk: Desk) -> None:
    """Who is there, and how they leave; a sample of the dataset to look for the like of."""
    visit = desk.visit
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        state.put({_LIKE: None if scene.state.like < 0 else scene.state.like})
        st.number_input(
            "Samples like number",
            0,
            scene.run.dataset.n - 1,
            step=1,
            placeholder="id",
            key=_LIKE,
            on_change=_choose_like,
            args=(scene, desk),
            width=180,
            help="The samples nearest to one of the dataset; a click on the map takes it too.",
        )
        if visit.visitors:
            _button("Another", "add", desk.another, "Begin another; those here stay on the map.")
            if visit.find(visit.shown):
                _button("Remove", "close", lambda: desk.remove(visit.shown), "Take the chosen one off the map.")
            _button("Remove all", "delete_sweep", desk.clear, "Take all of yours off the map.")
        if desk.has_removed:
            _button("Bring back", "undo", desk.bring_back, "Those that were removed last.")
        if visit.visitors:
            titles = {v.number: f"{v.number} · {escape(v.title)}" for v in visit.visitors}
            key = desk.key("shown")
            state.put({key: visit.shown if visit.shown in titles else None})
            look = {"label_visibility": "collapsed", "on_change": _look, "args": (desk, key, scene)}
            st.pills("Yours", list(titles), format_func=titles.__getitem__, key=key, **look)


def _button(title: str, icon: str, act: object, said: str) -> None:
    st.button(title, icon=f":material/{icon}:", key=f"guests.{title.lower()}", on_click=act, help=said, type="tertiary")


def _look(desk: Desk, key: str, scene: Scene) -> None:
    number = state.kept(key, None)
    desk.show(OWN if number is None else int(number))
    if number is not None:
        scene.change(like=-1)


def _choose_like(scene: Scene, desk: Desk) -> None:
    chosen = state.kept(_LIKE, None)
    _take_like(scene, desk, -1 if chosen is None else int(chosen))


def _click(scene: Scene, sample: int) -> None:
    _take_like(scene, Desk(scene.run.dataset), sample)


def _take_like(scene: Scene, desk: Desk, sample: int) -> None:
    scene.change(like=sample)
    desk.show(OWN)
    if sample < 0:
        return
    for name, values in own_sample(scene.run, sample).samples.items():
        field = scene.run.dataset.fields[name]
        entry = entry_of(field.modality)
        if entry is not None and entry.start is not None:
            entry.start(desk, field, np.asarray(values))


def _seen_key(desk: Desk, number: int, given: list[str]) -> str:
    return desk.key("seen", number, *given)


def _shown(scene: Scene, desk: Desk) -> _Seen | None:
    """The guest that is looked at."""
    visitor = desk.visit.find(desk.visit.shown)
    if visitor is not None:
        return _seen(scene, desk, visitor.number, visitor.title, visitor.guest)
    if scene.state.like >= scene.run.dataset.n:
        scene.change(like=-1)
    if scene.state.like < 0:
        return None
    return _seen(scene, desk, OWN, f"sample {scene.state.like}", own_sample(scene.run, scene.state.like))


def _seen(scene: Scene, desk: Desk, number: int, title: str, guest: Guest) -> _Seen:
    given = list(guest.samples)
    seen = tuple(state.kept(_seen_key(desk, number, given), None) or ()) if len(given) > 1 else ()
    key = (scene.run.id, mark_of(scene.run.id), guest.digest, seen)
    encoded = _encoded(key, scene.run, guest)
    near = _near(key, scene.run, encoded, guest.sample)
    return _Seen(number, str(number) if number else title, title, guest, encoded, near)


@st.cache_resource(max_entries=128, show_spinner=False)
def _encoded(key: tuple[object, ...], _run: Run, _guest: Guest) -> Encoded:
    seen = key[-1]
    assert isinstance(seen, tuple)
    return encode(_run, _guest, seen)


@st.cache_resource(max_entries=128, show_spinner=False)
def _near(key: tuple[object, ...], _run: Run, _encoded: Encoded, without: int) -> Neighbours:
    return find_neighbours(_run, _encoded.latent, NEAREST, without)


def _overlays(scene: Scene, made: Projection) -> list[Overlay]:
    desk = Desk(scene.run.dataset)
    there = [_seen(scene, desk, v.number, v.title, v.guest) for v in desk.visit.visitors]
    shown = _shown(scene, desk)
    if shown is not None and shown.number == OWN:
        there.append(shown)
    if not there:
        return []
    positions = place(made, scene.run, np.stack([one.encoded.latent for one in there]))
    at = next((i for i, one in enumerate(there) if shown is not None and one.number == shown.number), -1)
    return [guests_overlay(made, positions, [one.name for one in there], at, None if shown is None else shown.near.ids)]


PANEL = Panel("guests", "Yours", "samples", 16, frozenset({"results"}), _draw, _click, _overlays)
