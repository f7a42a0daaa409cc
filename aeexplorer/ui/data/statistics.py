"""Statistics of the fields of a dataset, and its duplicate samples."""

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
from aeexplorer.views.pictures.pictures import png_bytes, resize_pictures, tile

MAX_GROUPS, SIDE = 6, 48
"""Number of groups of duplicates that are shown, and side of a picture in pixels."""
_CHART_CONFIG = {"displayModeBar": False}


def draw_statistics(dataset: Dataset) -> None:
    """Draw the statistics of each field: its columns, the distribution of its values, the lengths of its samples."""
    for name, field in dataset.fields.items():
        statistics = _field_statistics(dataset.id, name)
        if len(dataset.fields) > 1:
            st.markdown(f"**{escape(name)}** ({field.modality})")
        if statistics.columns:
            _draw_columns(name, statistics)
        if statistics.values is not None:
            st.plotly_chart(values_figure(statistics), key=f"data.values.{name}", config=_CHART_CONFIG)
        if statistics.lengths is not None:
            unit = "steps" if statistics.columns else "tokens"
            st.plotly_chart(lengths_figure(statistics.lengths, unit), key=f"data.lengths.{name}", config=_CHART_CONFIG)
            shortest, mean, longest = statistics.lengths.min(), statistics.lengths.mean(), statistics.lengths.max()
            st.caption(f"{shortest:,} to {longest:,} {unit}, {mean:,.1f} on average")
        st.caption(f"{sample_count_text(statistics.n_examined, statistics.n_total)} samples")


def _draw_columns(name: str, statistics: FieldStatistics) -> None:
    rows = pd.DataFrame([vars(column) for column in statistics.columns])
    rows["missing"] *= 100
    config = {
        "name": st.column_config.TextColumn("column", pinned=True, width=104),
        "kind": None,
        "missing": st.column_config.NumberColumn(format="%.1f %%", help="Share of the values that are missing.", width=72),
        "mean": st.column_config.NumberColumn(format="%.4g", width=68),
        "std": st.column_config.NumberColumn(format="%.4g", help="Standard deviation.", width=68),
        "low": st.column_config.NumberColumn("min", format="%.4g", width=68),
        "high": st.column_config.NumberColumn("max", format="%.4g", width=68),
        "histogram": st.column_config.BarChartColumn(
            "values", help="Histogram from min to max, or one bar for each category.", y_min=0, width=88
        ),
    }
    order = ["name", "histogram", "missing", "mean", "std", "low", "high"]
    height = 38 + 35 * min(len(rows), 8)
    st.dataframe(rows, hide_index=True, column_config=config, column_order=order, height=height, key=f"data.columns.{name}")


def draw_duplicates(dataset: Dataset) -> None:
    """Write how many samples are duplicates, and draw the first ones."""
    duplicates = _duplicates(dataset.id)
    if not duplicates.groups:
        st.markdown("No two samples are the same.")
    else:
        count = duplicates.repeated
        st.markdown(f"**{count:,}** {'sample is' if count == 1 else 'samples are'} the same as an earlier one.")
        _draw_groups(dataset, duplicates)
    st.caption(f"Compared byte by byte, {sample_count_text(duplicates.n_examined, duplicates.n_total)} samples")


def warn_of_leaks(dataset: Dataset) -> None:
    """Warn if validation or test samples are also among the training samples."""
    leaked = _duplicates(dataset.id).leaked
    if leaked:
        st.warning(
            f"{leaked:,} validation or test {'sample is' if leaked == 1 else 'samples are'} also trained on, so their metrics "
            "are too good. Remove the duplicates and add the data again.",
            icon=":material/content_copy:",
        )


def _draw_groups(dataset: Dataset, duplicates: Duplicates) -> None:
    groups = duplicates.groups[:MAX_GROUPS]
    field = next((f for f in dataset.fields.values() if isinstance(modality_of(f), Pictured)), None)
    if field is not None:
        _draw_pictures(field, groups)
    lines = [", ".join(f"{sample:,}" for sample in group[:8]) + (", …" if len(group) > 8 else "") for group in groups]
    n_hidden = len(duplicates.groups) - len(groups)
    st.caption("Samples " + "; ".join(lines) + (f"; and {n_hidden:,} more groups" if n_hidden else ""))


def _draw_pictures(field: Field, groups: tuple[tuple[int, ...], ...]) -> None:
    modality = pictured_modality(field)
    firsts = [group[0] for group in groups]
    show_image(
        png_bytes(tile(resize_pictures(modality.pictures(field.array[firsts]), SIDE), len(firsts), 4)),
        alt="The first of each group",
    )


@st.cache_data(max_entries=64, show_spinner="Computing statistics")
def _field_statistics(dataset_id: str, field: str) -> FieldStatistics:
    dataset = dataset_of(dataset_id)
    return field_statistics(dataset, dataset.fields[field])


@st.cache_data(max_entries=64, show_spinner="Looking for duplicates")
def _duplicates(dataset_id: str) -> Duplicates:
    return find_duplicates(dataset_of(dataset_id))
