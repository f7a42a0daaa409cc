"""Actions on a dataset: rename, split or scale it in another way, download, remove and restore."""

import io
from collections.abc import Callable

import numpy as np
import streamlit as st

from aeexplorer.analysis.samples.statistics import ScaledField, scale_field
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.exporting import write_archive
from aeexplorer.data.library import rename_dataset, runs_using
from aeexplorer.data.trash import discard_dataset, discarded_datasets, restore_dataset
from aeexplorer.data.variants import SCALINGS, current_options, make_variant, scalable_fields
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.forms import SettingsForm
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState
from aeexplorer.ui.session.workspace import dataset_of, workspace
from aeexplorer.views.charts.contents import scaling_figure
from aeexplorer.views.pictures.pictures import png_bytes, resize_pictures, tile

MAX_DOWNLOAD_BYTES = 512 << 20
SIDE = 44
"""Longer side of a picture, in pixels."""
_SPLIT_SETTINGS = ("split.validation", "split.test", "split.seed", "split.stratify")


def rename(dataset: Dataset) -> None:
    """Draw the form that gives the dataset another name."""
    with st.popover("Rename", icon=":material/edit:", type="tertiary"), show_errors():
        name = st.text_input("Name", dataset.name, max_chars=80, key=f"data.name.{dataset.id}")
        if st.button("Save", key="data.rename"):
            rename_dataset(workspace(), dataset.id, name)
            st.rerun()


def split(page_state: DataState, dataset: Dataset) -> None:
    """Draw the form that makes a dataset of the same samples with another split."""
    with st.popover("Split", icon=":material/call_split:", type="tertiary"), show_errors():
        st.caption("This makes another dataset of the same samples. The present dataset and its runs stay as they are.")
        form = SettingsForm(current_options(dataset), key=f"data.divide.{dataset.id}")
        form.draw(_SPLIT_SETTINGS, columns=2)
        if st.button("Split", type="primary", key="data.divide"):
            variant = make_variant(workspace(), dataset, form.settings())
            state.update(page_state, dataset=variant.id)
            st.rerun()


def scale(page_state: DataState, dataset: Dataset) -> None:
    """Draw the form that makes a dataset of the same samples with another scaling, with a chart of the scaled values."""
    fields = scalable_fields(dataset)
    if not fields:
        return
    with st.popover("Scale", icon=":material/straighten:", type="tertiary"), show_errors():
        setting = _choose("Field", list(fields), f"data.scale.{dataset.id}.field", lambda setting: fields[setting].name)
        current = getattr(current_options(dataset), setting)
        others = [scaling for scaling in SCALINGS[setting] if scaling != current]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            scaling = _choose("Scale each channel", others, f"data.scale.{dataset.id}.{setting}", _scaling_text)
            if st.button(f"Make a dataset scaled {_scaling_text(scaling)}", type="primary", key="data.scale"):
                options = current_options(dataset).replace({setting: scaling})
                variant = make_variant(workspace(), dataset, options, divide=False)
                state.update(page_state, dataset=variant.id)
                st.rerun()
        _draw_scaling(dataset, fields[setting], current, scaling)


def _choose(label: str, options: list[str], key: str, format_func: Callable[[str], str]) -> str:
    """Draw the options and return the chosen one. A single option is returned without drawing it."""
    if len(options) == 1:
        return options[0]
    return str(st.segmented_control(label, options, default=options[0], required=True, format_func=format_func, key=key))


def _draw_scaling(dataset: Dataset, field: Field, current: str, scaling: str) -> None:
    """Draw values and samples as the model sees them, with the current and with the other scaling."""
    before, after = (_scale_field(dataset.id, field.name, name) for name in (current, scaling))
    figure = scaling_figure({_scaling_text(current): before.values, _scaling_text(scaling): after.values})
    st.plotly_chart(figure, key="data.scaling", config={"displayModeBar": False}, width=480)
    modality = modality_of(field)
    if before.samples is not None and after.samples is not None and isinstance(modality, Pictured):
        rows = [resize_pictures(modality.pictures(samples), SIDE) for samples in (before.samples, after.samples)]
        show_image(
            png_bytes(tile(np.concatenate(rows), len(before.samples))),
            alt=f"Samples as the model sees them, {current} and {scaling}",
        )
        st.caption(f"Samples as the model sees them: above {_scaling_text(current)}, below {_scaling_text(scaling)}")
    noun = "column" if "columns" in field.meta else "channel"
    st.caption(
        f"min-max maps the range of each {noun} over the training samples to 0 … 1, so that one outlier squeezes the rest. "
        "z-score maps the mean to ½ and three standard deviations below and above it to 0 and 1. Outliers then lie outside of "
        "0 … 1, so Bernoulli likelihoods refuse them. Errors are in these units. All fields of this kind are scaled."
    )


def _scaling_text(scaling: str) -> str:
    return "as stored" if scaling == "stored" else f"by {scaling}"


@st.cache_data(max_entries=16, show_spinner=False)
def _scale_field(dataset_id: str, field: str, scaling: str) -> ScaledField:
    dataset = dataset_of(dataset_id)
    return scale_field(dataset, dataset.fields[field], scaling)


def download(dataset: Dataset) -> None:
    """Draw the button that downloads the dataset as a zip of arrays and tables."""
    with st.popover("Download", icon=":material/download:", type="tertiary"):
        size = sum(field.path.stat().st_size for field in dataset.fields.values())
        st.markdown("A zip with the arrays as .npy, the samples and tables as CSV, and a README that explains the files.")
        if size > MAX_DOWNLOAD_BYTES:
            command = f"`aeexplorer data export {dataset.id} FILE.zip`"
            st.caption(f"The dataset has {size / 1e9:,.1f} GB, which is too large for the browser. Export it with {command}.")
            return
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in dataset.name)
        st.download_button(
            "Download", lambda: _archive(dataset), f"{name}.zip", "application/zip", on_click="ignore", key="data.download"
        )


def _archive(dataset: Dataset) -> bytes:
    out = io.BytesIO()
    write_archive(dataset, out)
    return out.getvalue()


def remove(page_state: DataState, dataset: Dataset) -> None:
    """Draw the button that moves the dataset to the trash, unless a run uses the dataset."""
    with st.popover("Remove", icon=":material/delete:", type="tertiary"), show_errors():
        users = runs_using(workspace(), dataset.id)
        if users:
            st.markdown(f"{len(users)} {'run uses' if len(users) == 1 else 'runs use'} it. Remove them first on the page Runs.")
            return
        st.markdown(f"Remove **{escape(dataset.name)}**? You can undo this for ten minutes.")
        if st.button("Remove it", type="primary", key="data.remove"):
            discard_dataset(workspace(), dataset.id)
            state.update(page_state, dataset="")
            st.rerun()


def undo(page_state: DataState) -> None:
    """Draw the datasets that were removed in the last ten minutes, with buttons that restore them."""
    for dataset in discarded_datasets(workspace())[:3]:
        with st.container(horizontal=True, vertical_alignment="center"), show_errors():
            st.caption(f":material/delete: **{escape(dataset.name)}** was removed.", width="content")
            if st.button("Undo", key=f"data.undo.{dataset.id}", type="tertiary", icon=":material/undo:"):
                restored = restore_dataset(workspace(), dataset.id)
                state.update(page_state, dataset=restored.id)
                st.rerun()
