"""Display of one user sample: input, reconstruction, difference, error and codes, and the samples nearest to it."""

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

NEIGHBOUR_SIDE, CODES_SIDE = 60, 252
"""Sides of pictures in CSS pixels."""
UNKNOWN_QUANTILE, UNUSUAL_QUANTILE = 0.99, 0.9
"""Quantiles of the reconstruction error from which on a user sample is called unknown or unusual."""
MAX_HEIGHT = 240
"""Largest height of a table in CSS pixels."""


def show_user_sample(run: Run, user_sample: UserSample, encoded: EncodedSample, neighbours: Neighbours, side: int) -> None:
    """Draw a user sample as the model sees it. `side` is the side of a picture in CSS pixels."""
    for field in run.dataset.fields.values():
        _draw_field(run, field, user_sample, encoded, side)
    st.markdown(_error_text(encoded))
    if neighbours.label:
        share = f"{neighbours.share:.0%} of its {neighbours.voters} nearest labelled samples"
        st.markdown(f"Most like **{escape(neighbours.label)}**: {share}")
    if encoded.codes is not None:
        _draw_codes(run, user_sample, encoded.codes)


def show_neighbours(run: Run, neighbours: Neighbours, columns: int) -> None:
    """Draw the nearest samples with their distances. `columns` is the number of pictures in a row."""
    texts = [f"{i} ({distance:.2f})" for i, distance in zip(neighbours.ids.tolist(), neighbours.distances.tolist(), strict=True)]
    for name, field in run.dataset.fields.items():
        samples = np.asarray(field.array[neighbours.ids])
        if is_pictured(field):
            pictures = resize_pictures(field_pictures(field, samples, neighbours.ids), NEIGHBOUR_SIDE)
            show_image(png_bytes(tile(pictures, columns)), alt=f"The nearest samples: {', '.join(texts)}")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(run, name, {name: samples})])
            rows.insert(0, "distance", neighbours.distances)
            rows.insert(0, "sample", neighbours.ids)
            if (labels := label_texts(run, neighbours.ids)) is not None:
                rows.insert(2, "label", labels)
            st.dataframe(rows, hide_index=True, height=MAX_HEIGHT)
    st.caption(f"Nearest samples (distance in the latent space): {', '.join(texts)}")


def _draw_field(run: Run, field: Field, user_sample: UserSample, encoded: EncodedSample, side: int) -> None:
    """Draw the input and the reconstruction of one field; only the reconstruction if the field was not given."""
    given = user_sample.samples.get(field.name)
    if is_pictured(field):
        parts = "reconstruction" if given is None else "input, reconstruction, difference"
        show_image(
            png_bytes(user_sample_picture(field, user_sample, encoded, side)), alt=f"The {field.name} of the sample: {parts}"
        )
        st.caption(
            f"{parts[:1].upper()}{parts[1:]}" + ("" if given is not None else f" of the {field.name}, which was not given")
        )
    elif field.modality == "tabular" or given is None:
        output = dict(text_rows(run, field.name, encoded.outputs)[0])
        given_values = {} if given is None else dict(text_rows(run, field.name, {field.name: given[None]})[0])
        table = {"input": [given_values.get(name, "") for name in output], "reconstruction": list(output.values())}
        st.dataframe(pd.DataFrame(table, index=list(output)), height=min(MAX_HEIGHT, 36 * (1 + len(output))))
    samples = {"Reconstruction": encoded.outputs[field.name]}
    show_besides(field, samples if given is None else {"Input": given[None], **samples})


def _error_text(encoded: EncodedSample) -> str:
    """Return the reconstruction error and its quantile as a sentence."""
    text = f"Error **{encoded.error:.4f}**"
    if encoded.error_quantile is None:
        return f"{text} of the fields that were given"
    share = (
        "all"
        if encoded.error_quantile == 1
        else f"{encoded.error_quantile:.1%}"
        if encoded.error_quantile >= UNKNOWN_QUANTILE
        else f"{encoded.error_quantile:.0%}"
    )
    text += f", higher than that of **{share}** of the dataset"
    if encoded.error_quantile >= UNKNOWN_QUANTILE:
        return f"{text}: the model has not seen samples like it"
    return f"{text}: unusual for this model" if encoded.error_quantile >= UNUSUAL_QUANTILE else text


def _draw_codes(run: Run, user_sample: UserSample, codes: np.ndarray) -> None:
    """Draw the codes of a user sample: over its picture if they lie on a plane, else as a list."""
    grid = user_code_grid(run, codes)
    with st.expander("Codes"):
        field = next(filter(is_pictured, run.dataset.fields.values()), None)
        if field is not None and field.name in user_sample.samples:
            plane = codes_in_picture(field, grid)
            if plane.ndim == 2:
                picture = field_pictures(field, user_sample.samples[field.name][None])[0]
                show_image(
                    png_bytes(code_grid_picture(picture, plane, CODES_SIDE)), alt="The codes of the sample over its picture"
                )
                return
        st.code(" ".join(map(str, grid.ravel().tolist())), wrap_lines=True, language=None)
