"""Yours: user samples (drawn, written, recorded or uploaded) as the model sees them, and samples like one of the dataset."""

from collections.abc import Callable, Mapping
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
"""Number of nearest samples."""
INPUT_WIDTH, SMALL_SIDE, LARGE_SIDE = 250, 84, 150
"""Width of the input beside the result, and sides of pictures beside the input and at full width, in CSS pixels."""
DATASET_SAMPLE = 0
"""Number that stands for a sample of the dataset among the user samples."""
_LIKE = "explore.like"


@dataclass(frozen=True, eq=False)
class _EncodedUserSample:
    """A user sample, encoded by the open run.

    Parameters
    ----------
    number
        Number of the user sample; `DATASET_SAMPLE` for a sample of the dataset.
    name
        Name of the sample on the map.
    title
        Title of the sample in the panel.
    user_sample
        The sample itself.
    encoded
        Its latent, reconstruction and error.
    neighbours
        The samples of the dataset nearest to it.
    """

    number: int
    name: str
    title: str
    user_sample: UserSample
    encoded: EncodedSample
    neighbours: Neighbours


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    if scene.state.like >= scene.run.dataset.n:
        scene.change(like=-1)


def _draw(scene: Scene) -> None:
    user_samples = UserSamples(scene.run.dataset)
    fields = scene.run.dataset.fields
    inputs = {name: source for name, field in fields.items() if (source := sample_input_of(field.modality)) is not None}
    chosen = _choose_field(user_samples, list(inputs))
    current = _current_sample(scene, user_samples)
    if not chosen:
        _draw_list(scene, user_samples)
        _draw_result(scene, user_samples, current)
        return
    sample_input = inputs[chosen]
    with st.container(horizontal=sample_input.narrow, gap="medium"):
        with st.container(width=INPUT_WIDTH if sample_input.narrow else "stretch", key="yours.entry"):
            sample_input.draw(user_samples, fields[chosen])
            _draw_list(scene, user_samples)
        with st.container(width="stretch", key="yours.result"):
            _draw_result(scene, user_samples, current, NEAREST // 2 if sample_input.narrow else NEAREST)


def _choose_field(user_samples: UserSamples, names: list[str]) -> str:
    """Draw the choice of the field to give, if there are several; return its name, or an empty text if there is none."""
    if len(names) < 2:
        return names[0] if names else ""
    label = "Give one or more of the fields; the model reconstructs the others from them"
    key = user_samples.key("field")
    return st.segmented_control(label, names, default=names[0], required=True, key=key, persist_state="session") or names[0]


def _draw_result(scene: Scene, user_samples: UserSamples, current: _EncodedUserSample | None, columns: int = NEAREST) -> None:
    """Draw the current sample and its nearest samples, with this number of pictures in a row."""
    if user_samples.list.refused:
        st.error(escape(user_samples.list.refused), icon=":material/error:")
    if current is None:
        st.caption("This model encodes your sample and shows it on the map. Or click a sample there to see similar samples.")
        return
    given = list(current.user_sample.samples)
    if len(given) > 1:
        key = _seen_key(user_samples, current.number, given)
        options = {
            "default": given,
            "key": key,
            "persist_state": "session",
            "help": "The model reconstructs the other fields from these.",
        }
        st.pills("The encoder sees", given, selection_mode="multi", **options)
    st.markdown(f"**{current.name}** · {escape(current.title)}" if current.number else f"**{escape(current.title)}**")
    side = SMALL_SIDE if columns < NEAREST else LARGE_SIDE
    show_user_sample(scene.run, current.user_sample, current.encoded, current.neighbours, side)
    show_neighbours(scene.run, current.neighbours, columns)
    st.button(
        "Select the neighbours",
        icon=":material/select_all:",
        key="yours.light",
        on_click=scene.select,
        args=(current.neighbours.ids.tolist(),),
        help="Select the nearest samples in every view.",
    )


def _draw_list(scene: Scene, user_samples: UserSamples) -> None:
    """Draw the list of user samples with its buttons, and the choice of a sample of the dataset."""
    listed = user_samples.list
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
            help="Samples nearest to this sample of the dataset. You can also click the sample on the map.",
        )
        if listed.entries:
            _button("Another", "add", user_samples.start_new, "Start another sample. The existing ones stay on the map.")
            if listed.find(listed.shown_number):
                _button(
                    "Remove", "close", lambda: user_samples.remove(listed.shown_number), "Remove the chosen sample from the map."
                )
            _button("Remove all", "delete_sweep", user_samples.clear, "Remove all your samples from the map.")
        if user_samples.has_removed:
            _button("Bring back", "undo", user_samples.restore, "Restore the samples that were removed last.")
        if listed.entries:
            titles = {entry.number: f"{entry.number} · {escape(entry.title)}" for entry in listed.entries}
            key = user_samples.key("shown")
            state.put({key: listed.shown_number if listed.shown_number in titles else None})
            options = {"label_visibility": "collapsed", "on_change": _show_chosen, "args": (user_samples, key, scene)}
            st.pills("Yours", list(titles), format_func=titles.__getitem__, key=key, **options)


def _button(title: str, icon: str, on_click: Callable[[], None], help_: str) -> None:
    st.button(title, icon=f":material/{icon}:", key=f"yours.{title.lower()}", on_click=on_click, help=help_, type="tertiary")


def _show_chosen(user_samples: UserSamples, key: str, scene: Scene) -> None:
    """Show the user sample that was chosen in the list."""
    number = state.get(key, None)
    user_samples.show(DATASET_SAMPLE if number is None else int(number))
    if number is not None:
        scene.change(like=-1)


def _choose_like(scene: Scene, user_samples: UserSamples) -> None:
    chosen = state.get(_LIKE, None)
    _show_similar(scene, user_samples, -1 if chosen is None else int(chosen))


def _click(scene: Scene, sample: int) -> None:
    _show_similar(scene, UserSamples(scene.run.dataset), sample)


def _show_similar(scene: Scene, user_samples: UserSamples, sample: int) -> None:
    """Show a sample of the dataset and its nearest samples, and let inputs start from it; −1 shows none."""
    scene.change(like=sample)
    user_samples.show(DATASET_SAMPLE)
    if sample < 0:
        return
    for name, values in user_sample_from_dataset(scene.run, sample).samples.items():
        field = scene.run.dataset.fields[name]
        sample_input = sample_input_of(field.modality)
        if sample_input is not None and sample_input.start is not None:
            sample_input.start(user_samples, field, np.asarray(values))


def _seen_key(user_samples: UserSamples, number: int, given: list[str]) -> str:
    """Return the session key of the fields that the encoder sees of a user sample."""
    return user_samples.key("seen", number, *given)


def _current_sample(scene: Scene, user_samples: UserSamples) -> _EncodedUserSample | None:
    """Return the sample that the panel shows: a user sample, or else a sample of the dataset; None if it shows none."""
    entry = user_samples.list.find(user_samples.list.shown_number)
    if entry is not None:
        return _encode(scene, user_samples, entry.number, entry.title, entry.user_sample)
    if scene.state.like < 0:
        return None
    return _encode(
        scene, user_samples, DATASET_SAMPLE, f"sample {scene.state.like}", user_sample_from_dataset(scene.run, scene.state.like)
    )


def _encode(scene: Scene, user_samples: UserSamples, number: int, title: str, user_sample: UserSample) -> _EncodedUserSample:
    given = list(user_sample.samples)
    seen = tuple(state.get(_seen_key(user_samples, number, given), None) or ()) if len(given) > 1 else ()
    key = (scene.run.id, version_of(scene.run.id), user_sample.digest, seen)
    encoded = _cached_encoded(key, scene.run, user_sample)
    neighbours = _cached_neighbours(key, scene.run, encoded, user_sample.sample)
    return _EncodedUserSample(number, str(number) if number else title, title, user_sample, encoded, neighbours)


@st.cache_resource(max_entries=128, show_spinner=False)
def _cached_encoded(key: tuple[object, ...], _run: Run, _user_sample: UserSample) -> EncodedSample:
    seen = key[-1]
    assert isinstance(seen, tuple)
    return encode_user_sample(_run, _user_sample, seen)


@st.cache_resource(max_entries=128, show_spinner=False)
def _cached_neighbours(key: tuple[object, ...], _run: Run, _encoded: EncodedSample, without: int) -> Neighbours:
    return find_neighbours(_run, _encoded.latent, NEAREST, without)


def _overlays(scene: Scene, projection: Projection) -> list[Overlay]:
    user_samples = UserSamples(scene.run.dataset)
    samples = [_encode(scene, user_samples, entry.number, entry.title, entry.user_sample) for entry in user_samples.list.entries]
    current = _current_sample(scene, user_samples)
    if current is not None and current.number == DATASET_SAMPLE:
        samples.append(current)
    if not samples:
        return []
    positions = place_latents(projection, scene.run, np.stack([sample.encoded.latent for sample in samples]))
    names = [sample.name for sample in samples]
    if current is None:
        return [user_samples_overlay(projection, positions, names, -1, None)]
    current_index = next(i for i, sample in enumerate(samples) if sample.number == current.number)
    return [user_samples_overlay(projection, positions, names, current_index, current.neighbours.ids)]


PANEL = Panel("yours", "Yours", "samples", 16, frozenset({"results"}), _draw, _click, _overlays, _prepare)
