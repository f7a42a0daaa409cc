"""What a dataset holds in figures, each field's own; and samples that are there twice."""

import pandas as pd
import streamlit as st

from aeexplorer.analysis.samples.statistics import Duplicates, FieldStatistics, field_statistics, find_duplicates
from aeexplorer.analysis.sampling import sample_count_text
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.modalities.base import Pictured, modality_of, pictured_modality
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.workspace import dataset_of
from aeexplorer.views.charts.contents import lengths_figure, values_figure
from aeexplorer.views.pictures.pictures import png, sized, tile

PAIRS, SIDE = 6, 48
_STILL = {"displayModeBar": False}


def statistics(dataset: Dataset) -> None:
    """Columns, values or lengths of every field."""
    for name, field in dataset.fields.items():
        found = _contents(dataset.id, name)
        if len(dataset.fields) > 1:
            st.markdown(f"**{escape(name)}** ({field.modality})")
        if found.columns:
            _columns(name, found)
        if found.values is not None:
            st.plotly_chart(values_figure(found), key=f"data.values.{name}", config=_STILL)
        if found.lengths is not None:
            unit = "steps" if found.columns else "tokens"
            st.plotly_chart(lengths_figure(found.lengths, unit), key=f"data.lengths.{name}", config=_STILL)
            shortest, mean, longest = found.lengths.min(), found.lengths.mean(), found.lengths.max()
            st.caption(f"{shortest:,} to {longest:,} {unit}, {mean:,.1f} on average")
        st.caption(f"{sample_count_text(found.n_examined, found.n_total)} samples")


def _columns(name: str, found: FieldStatistics) -> None:
    rows = pd.DataFrame([vars(column) for column in found.columns])
    rows["missing"] *= 100
    config = {
        "name": st.column_config.TextColumn("column", pinned=True, width=104),
        "kind": None,
        "missing": st.column_config.NumberColumn(format="%.1f %%", help="Share of the values that are missing.", width=72),
        "mean": st.column_config.NumberColumn(format="%.4g", width=68),
        "std": st.column_config.NumberColumn(format="%.4g", help="Standard deviation.", width=68),
        "low": st.column_config.NumberColumn("min", format="%.4g", width=68),
        "high": st.column_config.NumberColumn("max", format="%.4g", width=68),
        "histogram": st.column_config.BarChartColumn("values", help="From min to max; one bar a category.", y_min=0, width=88),
    }
    order = ["name", "histogram", "missing", "mean", "std", "low", "high"]
    height = 38 + 35 * min(len(rows), 8)
    st.dataframe(rows, hide_index=True, column_config=config, column_order=order, height=height, key=f"data.columns.{name}")


def same_samples(dataset: Dataset) -> None:
    """How many samples are there twice, and the first of them."""
    found = _duplicates(dataset.id)
    if not found.groups:
        st.markdown("No two samples are the same.")
    else:
        st.markdown(f"**{found.repeated:,}** {'sample is' if found.repeated == 1 else 'samples are'} the same as an earlier one.")
        _pairs(dataset, found)
    st.caption(f"Compared byte by byte, {sample_count_text(found.n_examined, found.n_total)} samples")


def warn_of_leaks(dataset: Dataset) -> None:
    """Say when samples for validation or testing are also trained on."""
    leaked = _duplicates(dataset.id).leaked
    if leaked:
        st.warning(
            f"{leaked:,} validation or test {'sample is' if leaked == 1 else 'samples are'} also trained on, so figures on them "
            "are too good. Remove the duplicates and add the data again.",
            icon=":material/content_copy:",
        )


def _pairs(dataset: Dataset, found: Duplicates) -> None:
    groups = found.groups[:PAIRS]
    field = next((f for f in dataset.fields.values() if isinstance(modality_of(f), Pictured)), None)
    if field is not None:
        _pictures(field, groups)
    lines = [", ".join(f"{sample:,}" for sample in group[:8]) + (", …" if len(group) > 8 else "") for group in groups]
    more = len(found.groups) - len(groups)
    st.caption("Samples " + "; ".join(lines) + (f"; and {more:,} more groups" if more else ""))


def _pictures(field: Field, groups: tuple[tuple[int, ...], ...]) -> None:
    modality = pictured_modality(field)
    firsts = [group[0] for group in groups]
    show_image(png(tile(sized(modality.pictures(field.array[firsts]), SIDE), len(firsts), 4)), alt="The first of each group")


@st.cache_data(max_entries=64, show_spinner="Looking at the values")
def _contents(dataset_id: str, field: str) -> FieldStatistics:
    dataset = dataset_of(dataset_id)
    return field_statistics(dataset, dataset.fields[field])


@st.cache_data(max_entries=64, show_spinner="Looking for duplicates")
def _duplicates(dataset_id: str) -> Duplicates:
    return find_duplicates(dataset_of(dataset_id))
