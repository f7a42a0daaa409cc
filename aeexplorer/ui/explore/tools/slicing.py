"""Which slice of the latent space the map is: two of its dimensions, or the plane through three samples."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.projections import slice_along_latents, slice_numbers, slice_through_samples
from aeexplorer.analysis.maps.slices import default_slice, leading_dimensions, slice_fits
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.workspace import version_of

_KEYS = ("explore.slice across", "explore.slice up")


def offered_slice(run: Run, method: str) -> str:
    """The slice that the address names, where it fits the run; else the one along the two leading latents, or none."""
    size = run.model.bottleneck.latent_dim
    return method if slice_fits(run, method, size) else _first((run.id, version_of(run.id)), run)


def choose_slice(scene: Scene) -> None:
    """What tells one slice from another; nothing where the map is none."""
    numbers = slice_numbers(scene.state.method)
    if not numbers:
        return
    leading = _leading((scene.run.id, version_of(scene.run.id)), scene.run).tolist()
    pair = numbers if len(numbers) == 2 else leading[:2]
    named = " × ".join(str(number + 1) for number in numbers) if len(numbers) == 2 else " · ".join(map(str, numbers))
    icon = ":material/change_history:" if len(numbers) == 3 else ":material/grid_4x4:"
    with st.popover(f"Slice {named}", icon=icon, type="tertiary"):
        for key, title, chosen in zip(_KEYS, ("Across: latent", "Up: latent"), pair, strict=True):
            state.put({key: chosen})
            st.selectbox(title, leading, format_func=lambda d: str(d + 1), key=key, on_change=_across, args=(scene, key))
        st.caption("Those that carry most come first; the others stay at their mean.")
        st.button(
            "Through the three selected samples",
            key="explore.slice through",
            disabled=len(scene.selected) != 3,
            help="Select three samples on the map; the slice is the plane on which they lie.",
            on_click=_three,
            args=(scene,),
        )


def _across(scene: Scene, changed: str) -> None:
    first, second = (int(state.get(key, 0)) for key in _KEYS)
    if first == second:
        others = slice_numbers(scene.state.method)
        kept = others[::-1] if len(others) == 2 else (first, 0 if first else 1)
        first, second = kept
    scene.change(method=slice_along_latents(first, second))


def _three(scene: Scene) -> None:
    first, second, third = scene.selected.tolist()
    scene.change(method=slice_through_samples((first, second, third)))


@st.cache_data(max_entries=64, show_spinner=False)
def _first(mark: tuple[str, str], _run: Run) -> str:
    return default_slice(_run)


@st.cache_data(max_entries=64, show_spinner=False)
def _leading(mark: tuple[str, str], _run: Run) -> np.ndarray:
    return leading_dimensions(_run)
