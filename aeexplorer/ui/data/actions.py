"""What can be done with a dataset: rename it, divide or scale it anew, take it home, remove it and bring it back."""

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
from aeexplorer.views.pictures.pictures import png, sized, tile

LARGEST_DOWNLOAD = 512 << 20
SIDE = 44
_SPLIT = ("split.validation", "split.test", "split.seed", "split.stratify")


def rename(dataset: Dataset) -> None:
    """Another name for the same dataset."""
    with st.popover("Rename", icon=":material/edit:", type="tertiary"), show_errors():
        name = st.text_input("Name", dataset.name, max_chars=80, key=f"data.name.{dataset.id}")
        if st.button("Save", key="data.rename"):
            rename_dataset(workspace(), dataset.id, name)
            st.rerun()


def divide(page_state: DataState, dataset: Dataset) -> None:
    """The same samples divided otherwise, as a dataset of its own."""
    with st.popover("Divide", icon=":material/call_split:", type="tertiary"), show_errors():
        st.caption("Makes another dataset of the same samples; this one and its runs stay as they are.")
        form = SettingsForm(current_options(dataset), key=f"data.divide.{dataset.id}")
        form.draw(_SPLIT, columns=2)
        if st.button("Divide", type="primary", key="data.divide"):
            made = make_variant(workspace(), dataset, form.settings())
            state.update(page_state, dataset=made.id)
            st.rerun()


def scale(page_state: DataState, dataset: Dataset) -> None:
    """The same samples with their columns or channels scaled otherwise; shows where values come to lie."""
    found = scalable_fields(dataset)
    if not found:
        return
    with st.popover("Scale", icon=":material/straighten:", type="tertiary"), show_errors():
        setting = _one_of("Field", list(found), f"data.scale.{dataset.id}.field", lambda setting: found[setting].name)
        now = getattr(current_options(dataset), setting)
        others = [way for way in SCALINGS[setting] if way != now]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            way = _one_of("Scale each channel", others, f"data.scale.{dataset.id}.{setting}", _called)
            if st.button(f"Make a dataset scaled {_called(way)}", type="primary", key="data.scale"):
                made = make_variant(workspace(), dataset, current_options(dataset).replace({setting: way}), divide=False)
                state.update(page_state, dataset=made.id)
                st.rerun()
        _show_scaling(dataset, found[setting], now, way)


def _one_of(label: str, options: list[str], key: str, called: Callable[[str], str]) -> str:
    """The option that is chosen; the only one without asking."""
    if len(options) == 1:
        return options[0]
    return str(st.segmented_control(label, options, default=options[0], required=True, format_func=called, key=key))


def _show_scaling(dataset: Dataset, field: Field, now: str, way: str) -> None:
    """What the model sees now, and what it would see."""
    before, after = (_scaled(dataset.id, field.name, one) for one in (now, way))
    figure = scaling_figure({_called(now): before.values, _called(way): after.values})
    st.plotly_chart(figure, key="data.scaling", config={"displayModeBar": False}, width=480)
    modality = modality_of(field)
    if before.samples is not None and after.samples is not None and isinstance(modality, Pictured):
        rows = [sized(modality.pictures(samples), SIDE) for samples in (before.samples, after.samples)]
        show_image(png(tile(np.concatenate(rows), len(before.samples))), alt=f"Samples as the model sees them, {now} and {way}")
        st.caption(f"Samples as the model sees them: above {_called(now)}, below {_called(way)}")
    each = "column" if "columns" in field.meta else "channel"
    st.caption(
        f"min-max brings each {each}'s range over the training samples to 0 … 1; one far value squeezes the others. z-score "
        "brings the mean to ½ and three standard deviations to 0 and 1; far values lie outside, so Bernoulli likelihoods "
        "refuse them. Errors are in these units, and every field of this kind is scaled."
    )


def _called(way: str) -> str:
    return "as stored" if way == "stored" else f"by {way}"


@st.cache_data(max_entries=16, show_spinner=False)
def _scaled(dataset_id: str, field: str, way: str) -> ScaledField:
    dataset = dataset_of(dataset_id)
    return scale_field(dataset, dataset.fields[field], way)


def download(dataset: Dataset) -> None:
    """The dataset as a zip of arrays and tables."""
    with st.popover("Download", icon=":material/download:", type="tertiary"):
        size = sum(field.path.stat().st_size for field in dataset.fields.values())
        st.markdown("A zip with the arrays as .npy, the samples and tables as CSV, and a README that says what is what.")
        if size > LARGEST_DOWNLOAD:
            st.caption(f"It has {size / 1e9:,.1f} GB. Write it with `aeexplorer data export {dataset.id} FILE.zip`.")
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
    """Into the trash, unless a run uses it."""
    with st.popover("Remove", icon=":material/delete:", type="tertiary"), show_errors():
        users = runs_using(workspace(), dataset.id)
        if users:
            st.markdown(f"{len(users)} {'run uses' if len(users) == 1 else 'runs use'} it. Remove them first, on the page Runs.")
            return
        st.markdown(f"Remove **{escape(dataset.name)}**? It can be brought back for ten minutes.")
        if st.button("Remove it", type="primary", key="data.remove"):
            discard_dataset(workspace(), dataset.id)
            state.update(page_state, dataset="")
            st.rerun()


def undo(page_state: DataState) -> None:
    """What was removed in the last ten minutes, and the way back."""
    for dataset in discarded_datasets(workspace())[:3]:
        with st.container(horizontal=True, vertical_alignment="center"), show_errors():
            st.caption(f":material/delete: **{escape(dataset.name)}** was removed.", width="content")
            if st.button("Undo", key=f"data.undo.{dataset.id}", type="tertiary", icon=":material/undo:"):
                restored = restore_dataset(workspace(), dataset.id)
                state.update(page_state, dataset=restored.id)
                st.rerun()
