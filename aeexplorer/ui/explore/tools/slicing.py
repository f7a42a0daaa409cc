"""Choice of a slice of the latent space as the map: two latent dimensions, or the plane through three samples."""

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
    """Return the slice that the address names, if it fits the run, or else the default slice; empty if the run has none."""
    size = run.model.bottleneck.latent_dim
    return method if slice_fits(run, method, size) else _default_slice((run.id, version_of(run.id)), run)


def choose_slice(scene: Scene) -> None:
    """Draw the choice of the slice, if the map is a slice."""
    numbers = slice_numbers(scene.state.method)
    if not numbers:
        return
    leading = _leading_dimensions((scene.run.id, version_of(scene.run.id)), scene.run).tolist()
    pair = numbers if len(numbers) == 2 else leading[:2]
    title = " × ".join(str(number + 1) for number in numbers) if len(numbers) == 2 else " · ".join(map(str, numbers))
    icon = ":material/change_history:" if len(numbers) == 3 else ":material/grid_4x4:"
    with st.popover(f"Slice {title}", icon=icon, type="tertiary"):
        for key, label, chosen in zip(_KEYS, ("Across: latent", "Up: latent"), pair, strict=True):
            state.put({key: chosen})
            st.selectbox(label, leading, format_func=lambda d: str(d + 1), key=key, on_change=_slice_along_latents, args=(scene,))
        st.caption("The most important latents come first. All other latents stay at their mean.")
        st.button(
            "Through the three selected samples",
            key="explore.slice through",
            disabled=len(scene.selected) != 3,
            help="Select three samples on the map. The slice is the plane through them.",
            on_click=_slice_through_selection,
            args=(scene,),
        )


def _slice_along_latents(scene: Scene) -> None:
    """Slice along the two chosen latents. If both are the same, exchange the latents or take another second latent."""
    first, second = (int(state.get(key, 0)) for key in _KEYS)
    if first == second:
        previous = slice_numbers(scene.state.method)
        first, second = previous[::-1] if len(previous) == 2 else (first, 0 if first else 1)
    scene.change(method=slice_along_latents(first, second))


def _slice_through_selection(scene: Scene) -> None:
    first, second, third = scene.selected.tolist()
    scene.change(method=slice_through_samples((first, second, third)))


@st.cache_data(max_entries=64, show_spinner=False)
def _default_slice(key: tuple[str, str], _run: Run) -> str:
    return default_slice(_run)


@st.cache_data(max_entries=64, show_spinner=False)
def _leading_dimensions(key: tuple[str, str], _run: Run) -> np.ndarray:
    return leading_dimensions(_run)
