"""Latent arithmetic: a − b + c of three samples, decoded, with the real sample that is nearest to it."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.latents.concepts import latent_arithmetic, latent_neighbourhood
from aeexplorer.analysis.maps.projection import Projection, place_latents
from aeexplorer.ui.explore.panels._strip import latents_of, show_strip
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.maps.overlay import Overlay, path_overlay

SIDE = 84
_ASKED = ("Click **a**, the sample to start from.", "Click **b**, what to take away.", "Click **c**, what to add.")


def draw_arithmetic(scene: Scene) -> None:
    """The three samples, what becomes of them, and where it lands."""
    terms = _terms(scene)
    run = scene.run
    if terms:
        labels = label_texts(run, np.array(terms)) or [""] * len(terms)
        words = [f"sample {i}" + (f" ({label})" if label else "") for i, label in zip(terms, labels, strict=True)]
        signs = ("", " − ", " + ")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("".join(f"{sign}**{escape(word)}**" for sign, word in zip(signs, words, strict=False)), width="content")
            st.button("Clear", key="concepts.terms", type="tertiary", icon=":material/close:", on_click=_clear, args=(scene,))
    if len(terms) < 3:
        st.markdown(_ASKED[len(terms)])
        if not terms:
            st.caption("What c and a have in common is kept, what b and a share is taken away: a − b + c.")
        return
    a, b, c = terms
    result = latent_arithmetic(run, a, b, c)
    around = latent_neighbourhood(run, result, scene.ids, latents_of(scene), (a, b, c))
    nearest = int(around.ids[0])
    latents = np.concatenate([run.latents(np.array(terms)), result[None], run.latents(np.array([nearest]))])
    titles = ["a", "b", "c", "a − b + c", f"sample {nearest}"]
    show_strip(run, latents, titles, SIDE, "Decoded", 5)
    st.caption(f"Decoded: {', '.join(titles)}, the real sample nearest to it ({around.distances[0]:.2f} away).")
    if around.labels:
        shares = ", ".join(f"{escape(label)} ({count})" for label, count in around.labels.items())
        st.markdown(f"{len(around.ids)} nearest: **{shares}**")
    st.button(
        "Light the nearest up",
        icon=":material/lightbulb:",
        key="concepts.near",
        on_click=scene.select,
        args=(around.ids.tolist(),),
    )


def arithmetic_overlays(scene: Scene, made: Projection) -> list[Overlay]:
    """From a along c − b to the result."""
    terms = _terms(scene)
    if len(terms) < 3:
        return []
    start = scene.run.latents(np.array(terms[:1]))
    ends = np.concatenate([start, latent_arithmetic(scene.run, *terms)[None]])
    along = np.linspace(0, 1, 7, dtype=np.float32)[:, None]
    return [path_overlay(place_latents(made, scene.run, (1 - along) * ends[:1] + along * ends[1:]), "a − b + c")]


def arithmetic_click(scene: Scene, sample: int) -> None:
    """The next of the three; after the third it begins anew."""
    terms = _terms(scene)
    scene.change(terms=",".join(map(str, [*(terms if len(terms) < 3 else ()), sample])))


def _terms(scene: Scene) -> list[int]:
    terms = [int(text) for text in scene.state.terms.split(",") if text]
    return terms if max(terms, default=0) < scene.run.dataset.n else []


def _clear(scene: Scene) -> None:
    scene.change(terms="")
