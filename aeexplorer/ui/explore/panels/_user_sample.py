"""How one user sample is shown: input, reconstruction, difference, figures, codes; and the samples nearest to it."""

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.samples.user_samples import EncodedSample, Neighbours, UserSample, user_code_grid
from aeexplorer.data.dataset import Field
from aeexplorer.training.run import Run
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.maps.user_samples import user_sample_picture
from aeexplorer.views.pictures.pictures import (
    code_grid_picture,
    codes_in_picture,
    field_pictures,
    png_bytes,
    resize_pictures,
    tile,
)

NEAR, CODES = 60, 252
"""Sides of pictures in CSS pixels."""
STRANGE, UNUSUAL = 0.99, 0.9
"""Shares of the dataset that are reconstructed better, from which on it is said that a user sample is out of place."""
HEIGHT = 240


def show_user_sample(run: Run, user_sample: UserSample, encoded: EncodedSample, near: Neighbours, side: int) -> None:
    """What the model makes of it, in pictures of that side."""
    for field in run.dataset.fields.values():
        _field(run, field, user_sample, encoded, side)
    st.markdown(_error(encoded))
    if near.label:
        st.markdown(f"Most like **{escape(near.label)}**: {near.share:.0%} of its {near.voters} nearest labelled samples")
    if encoded.codes is not None:
        _codes(run, user_sample, encoded.codes)


def show_neighbours(run: Run, near: Neighbours, columns: int) -> None:
    """The nearest samples with their distances; pictures in so many columns."""
    said = [f"{i} ({distance:.2f})" for i, distance in zip(near.ids.tolist(), near.distances.tolist(), strict=True)]
    for name, field in run.dataset.fields.items():
        samples = np.asarray(field.array[near.ids])
        if is_pictured(field):
            pictures = resize_pictures(field_pictures(field, samples, near.ids), NEAR)
            show_image(png_bytes(tile(pictures, columns)), alt=f"The nearest samples: {', '.join(said)}")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(run, name, {name: samples})])
            rows.insert(0, "distance", near.distances)
            rows.insert(0, "sample", near.ids)
            if (labels := label_texts(run, near.ids)) is not None:
                rows.insert(2, "label", labels)
            st.dataframe(rows, hide_index=True, height=HEIGHT)
    st.caption(f"Nearest samples (distance in the latent space): {', '.join(said)}")


def _field(run: Run, field: Field, user_sample: UserSample, encoded: EncodedSample, side: int) -> None:
    given = user_sample.samples.get(field.name)
    if is_pictured(field):
        what = "reconstruction" if given is None else "input, reconstruction, difference"
        show_image(
            png_bytes(user_sample_picture(field, user_sample, encoded, side)), alt=f"The {field.name} of the sample: {what}"
        )
        st.caption(f"{what[:1].upper()}{what[1:]}" + ("" if given is not None else f" of the {field.name}, which was not given"))
    elif field.modality == "tabular" or given is None:
        back = dict(text_rows(run, field.name, encoded.outputs)[0])
        put = {} if given is None else dict(text_rows(run, field.name, {field.name: given[None]})[0])
        table = {"input": [put.get(name, "") for name in back], "reconstruction": list(back.values())}
        st.dataframe(pd.DataFrame(table, index=list(back)), height=min(HEIGHT, 36 * (1 + len(back))))
    shown = {"Reconstruction": encoded.outputs[field.name]}
    show_besides(field, shown if given is None else {"Input": given[None], **shown})


def _error(encoded: EncodedSample) -> str:
    figure = f"Error **{encoded.error:.4f}**"
    if encoded.error_quantile is None:
        return f"{figure} of the fields that were given"
    share = (
        "all"
        if encoded.error_quantile == 1
        else f"{encoded.error_quantile:.1%}"
        if encoded.error_quantile >= STRANGE
        else f"{encoded.error_quantile:.0%}"
    )
    said = f"{figure}, higher than that of **{share}** of the dataset"
    if encoded.error_quantile >= STRANGE:
        return f"{said}: the model has seen no such thing"
    return f"{said}: unusual for this model" if encoded.error_quantile >= UNUSUAL else said


def _codes(run: Run, user_sample: UserSample, codes: np.ndarray) -> None:
    grid = user_code_grid(run, codes)
    with st.expander("Codes"):
        field = next(filter(is_pictured, run.dataset.fields.values()), None)
        if field is not None and field.name in user_sample.samples:
            laid = codes_in_picture(field, grid)
            if laid.ndim == 2:
                picture = field_pictures(field, user_sample.samples[field.name][None])[0]
                show_image(png_bytes(code_grid_picture(picture, laid, CODES)), alt="The codes of the sample over its picture")
                return
        st.code(" ".join(map(str, grid.ravel().tolist())), wrap_lines=True, language=None)
