"""Yours: what a person draws, writes, records or uploads, seen with the model's eyes; and samples like one of the dataset."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.projection import Projection, place_latents
from aeexplorer.analysis.samples.user_samples import (
    EncodedSample,
    Neighbours,
    UserSample,
    encode_user_sample,
    find_neighbours,
    user_sample_from_dataset,
)
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.panels._user_sample import show_neighbours, show_user_sample
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.sample_inputs import sample_input_of
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.user_samples import user_samples_overlay

NEAREST = 8
WIDTH, SMALL, LARGE = 250, 84, 150
"""Of what stands beside the result, of its pictures there, and of its pictures where they have the whole width, in CSS pixels."""
OWN = 0
"""Number of the dataset's own sample among the user samples."""
_LIKE = "explore.like"


@dataclass(frozen=True, eq=False)
class _EncodedUserSample:
    """A user sample as the open run sees it."""

    number: int
    name: str
    """On the map."""
    title: str
    user_sample: UserSample
    encoded: EncodedSample
    near: Neighbours


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    if scene.state.like >= scene.run.dataset.n:
        scene.change(like=-1)


def _draw(scene: Scene) -> None:
    user_samples = UserSamples(scene.run.dataset)
    fields = scene.run.dataset.fields
    there = {name: entry for name, field in fields.items() if (entry := sample_input_of(field.modality)) is not None}
    chosen = _choose_field(user_samples, list(there))
    shown = _shown(scene, user_samples)
    if not chosen:
        _line(scene, user_samples)
        _result(scene, user_samples, shown)
        return
    entry = there[chosen]
    with st.container(horizontal=entry.narrow, gap="medium"):
        with st.container(width=WIDTH if entry.narrow else "stretch", key="yours.entry"):
            entry.draw(user_samples, fields[chosen])
            _line(scene, user_samples)
        with st.container(width="stretch", key="yours.result"):
            _result(scene, user_samples, shown, NEAREST // 2 if entry.narrow else NEAREST)


def _choose_field(user_samples: UserSamples, names: list[str]) -> str:
    """Which field is given; the first where there is one."""
    if len(names) < 2:
        return names[0] if names else ""
    label = "Give any of the fields; the model tells the others from them"
    key = user_samples.key("field")
    return st.segmented_control(label, names, default=names[0], required=True, key=key, persist_state="session") or names[0]


def _result(scene: Scene, user_samples: UserSamples, shown: _EncodedUserSample | None, columns: int = NEAREST) -> None:
    if user_samples.list.refused:
        st.error(escape(user_samples.list.refused), icon=":material/error:")
    if shown is None:
        st.caption("What you give is encoded by this model and lands on the map. Or click a sample there for those like it.")
        return
    given = list(shown.user_sample.samples)
    if len(given) > 1:
        key = _seen_key(user_samples, shown.number, given)
        look = {"default": given, "key": key, "persist_state": "session", "help": "It tells the others from these."}
        st.pills("The encoder sees", given, selection_mode="multi", **look)
    st.markdown(f"**{shown.name}** · {escape(shown.title)}" if shown.number else f"**{escape(shown.title)}**")
    show_user_sample(scene.run, shown.user_sample, shown.encoded, shown.near, SMALL if columns < NEAREST else LARGE)
    show_neighbours(scene.run, shown.near, columns)
    st.button(
        "Light up the neighbours",
        icon=":material/lightbulb:",
        key="yours.light",
        on_click=scene.select,
        args=(shown.near.ids.tolist(),),
        help="Selects them in every view.",
    )


def _line(scene: Scene, user_samples: UserSamples) -> None:
    """Who is there, and how they leave; a sample of the dataset to look for the like of."""
    visit = user_samples.list
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
            args=(scene, user_samples),
            width=180,
            help="The samples nearest to one of the dataset; a click on the map takes it too.",
        )
        if visit.entries:
            _button("Another", "add", user_samples.start_new, "Begin another; those here stay on the map.")
            if visit.find(visit.shown):
                _button("Remove", "close", lambda: user_samples.remove(visit.shown), "Take the chosen one off the map.")
            _button("Remove all", "delete_sweep", user_samples.clear, "Take all of yours off the map.")
        if user_samples.has_removed:
            _button("Bring back", "undo", user_samples.restore, "Those that were removed last.")
        if visit.entries:
            titles = {v.number: f"{v.number} · {escape(v.title)}" for v in visit.entries}
            key = user_samples.key("shown")
            state.put({key: visit.shown if visit.shown in titles else None})
            look = {"label_visibility": "collapsed", "on_change": _look, "args": (user_samples, key, scene)}
            st.pills("Yours", list(titles), format_func=titles.__getitem__, key=key, **look)


def _button(title: str, icon: str, act: object, said: str) -> None:
    st.button(title, icon=f":material/{icon}:", key=f"yours.{title.lower()}", on_click=act, help=said, type="tertiary")


def _look(user_samples: UserSamples, key: str, scene: Scene) -> None:
    number = state.get(key, None)
    user_samples.show(OWN if number is None else int(number))
    if number is not None:
        scene.change(like=-1)


def _choose_like(scene: Scene, user_samples: UserSamples) -> None:
    chosen = state.get(_LIKE, None)
    _take_like(scene, user_samples, -1 if chosen is None else int(chosen))


def _click(scene: Scene, sample: int) -> None:
    _take_like(scene, UserSamples(scene.run.dataset), sample)


def _take_like(scene: Scene, user_samples: UserSamples, sample: int) -> None:
    scene.change(like=sample)
    user_samples.show(OWN)
    if sample < 0:
        return
    for name, values in user_sample_from_dataset(scene.run, sample).samples.items():
        field = scene.run.dataset.fields[name]
        entry = sample_input_of(field.modality)
        if entry is not None and entry.start is not None:
            entry.start(user_samples, field, np.asarray(values))


def _seen_key(user_samples: UserSamples, number: int, given: list[str]) -> str:
    return user_samples.key("seen", number, *given)


def _shown(scene: Scene, user_samples: UserSamples) -> _EncodedUserSample | None:
    """The user sample that is looked at."""
    entry = user_samples.list.find(user_samples.list.shown)
    if entry is not None:
        return _seen(scene, user_samples, entry.number, entry.title, entry.user_sample)
    if scene.state.like < 0:
        return None
    return _seen(scene, user_samples, OWN, f"sample {scene.state.like}", user_sample_from_dataset(scene.run, scene.state.like))


def _seen(scene: Scene, user_samples: UserSamples, number: int, title: str, user_sample: UserSample) -> _EncodedUserSample:
    given = list(user_sample.samples)
    seen = tuple(state.get(_seen_key(user_samples, number, given), None) or ()) if len(given) > 1 else ()
    key = (scene.run.id, version_of(scene.run.id), user_sample.digest, seen)
    encoded = _encoded(key, scene.run, user_sample)
    near = _near(key, scene.run, encoded, user_sample.sample)
    return _EncodedUserSample(number, str(number) if number else title, title, user_sample, encoded, near)


@st.cache_resource(max_entries=128, show_spinner=False)
def _encoded(key: tuple[object, ...], _run: Run, _guest: UserSample) -> EncodedSample:
    seen = key[-1]
    assert isinstance(seen, tuple)
    return encode_user_sample(_run, _guest, seen)


@st.cache_resource(max_entries=128, show_spinner=False)
def _near(key: tuple[object, ...], _run: Run, _encoded: EncodedSample, without: int) -> Neighbours:
    return find_neighbours(_run, _encoded.latent, NEAREST, without)


def _overlays(scene: Scene, made: Projection) -> list[Overlay]:
    user_samples = UserSamples(scene.run.dataset)
    there = [_seen(scene, user_samples, v.number, v.title, v.user_sample) for v in user_samples.list.entries]
    shown = _shown(scene, user_samples)
    if shown is not None and shown.number == OWN:
        there.append(shown)
    if not there:
        return []
    positions = place_latents(made, scene.run, np.stack([one.encoded.latent for one in there]))
    at = next((i for i, one in enumerate(there) if shown is not None and one.number == shown.number), -1)
    return [user_samples_overlay(made, positions, [one.name for one in there], at, None if shown is None else shown.near.ids)]


PANEL = Panel("yours", "Yours", "samples", 16, frozenset({"results"}), _draw, _click, _overlays, _prepare)
