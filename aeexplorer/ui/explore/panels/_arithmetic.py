"""Latent arithmetic: a − b + c of the latents of three samples, decoded, with the nearest sample of the dataset."""

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
_PROMPTS = ("Click **a**, the sample to start from.", "Click **b**, the sample to subtract.", "Click **c**, the sample to add.")


def draw_arithmetic(scene: Scene) -> None:
    """Draw the three samples, the result of the arithmetic, and the samples nearest to it."""
    terms = _terms(scene)
    run = scene.run
    if terms:
        labels = label_texts(run, np.array(terms)) or [""] * len(terms)
        texts = [f"sample {i}" + (f" ({label})" if label else "") for i, label in zip(terms, labels, strict=True)]
        signs = ("", " − ", " + ")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("".join(f"{sign}**{escape(text)}**" for sign, text in zip(signs, texts, strict=False)), width="content")
            st.button("Clear", key="concepts.terms", type="tertiary", icon=":material/close:", on_click=_clear, args=(scene,))
    if len(terms) < 3:
        st.markdown(_PROMPTS[len(terms)])
        if not terms:
            st.caption("Latent arithmetic, a − b + c: what a and c share stays, what a and b share is removed.")
        return
    a, b, c = terms
    result = latent_arithmetic(run, a, b, c)
    neighbourhood = latent_neighbourhood(run, result, scene.ids, latents_of(scene), (a, b, c))
    nearest = int(neighbourhood.ids[0])
    latents = np.concatenate([run.latents(np.array(terms)), result[None], run.latents(np.array([nearest]))])
    titles = ["a", "b", "c", "a − b + c", f"sample {nearest}"]
    show_strip(run, latents, titles, SIDE, "Decoded", 5)
    st.caption(f"Decoded: {', '.join(titles)}, the real sample nearest to it ({neighbourhood.distances[0]:.2f} away).")
    if neighbourhood.labels:
        shares = ", ".join(f"{escape(label)} ({count})" for label, count in neighbourhood.labels.items())
        st.markdown(f"{len(neighbourhood.ids)} nearest: **{shares}**")
    st.button(
        "Select the nearest",
        icon=":material/select_all:",
        key="concepts.near",
        on_click=scene.select,
        args=(neighbourhood.ids.tolist(),),
    )


def arithmetic_overlays(scene: Scene, projection: Projection) -> list[Overlay]:
    """Return the path from a along c − b to the result, once all three samples are chosen."""
    terms = _terms(scene)
    if len(terms) < 3:
        return []
    start = scene.run.latents(np.array(terms[:1]))
    ends = np.concatenate([start, latent_arithmetic(scene.run, *terms)[None]])
    steps = np.linspace(0, 1, 7, dtype=np.float32)[:, None]
    return [path_overlay(place_latents(projection, scene.run, (1 - steps) * ends[:1] + steps * ends[1:]), "a − b + c")]


def arithmetic_click(scene: Scene, sample: int) -> None:
    """Set the next of the three samples. After the third sample, start again with the first one."""
    terms = _terms(scene)
    scene.change(terms=",".join(map(str, [*(terms if len(terms) < 3 else ()), sample])))


def _terms(scene: Scene) -> list[int]:
    """Return the ids of the chosen samples; an empty list if one of them is not in the dataset."""
    terms = [int(text) for text in scene.state.terms.split(",") if text]
    return terms if max(terms, default=0) < scene.run.dataset.n else []


def _clear(scene: Scene) -> None:
    scene.change(terms="")
