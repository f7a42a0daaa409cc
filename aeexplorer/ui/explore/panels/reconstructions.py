"""Inputs beside their reconstructions, for the selected samples or for all samples, and a histogram of the errors."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.runs.judgement import judge
from aeexplorer.analysis.samples.reconstruction import Choice, Reconstructions, reconstructions, samples_by_error, table_rows
from aeexplorer.data.dataset import Field
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.figures import cached_figure
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.sample_table import show_sample_table
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.charts.error_histogram import run_error_histogram
from aeexplorer.views.pictures.pictures import comparison_image, png_bytes

COLUMNS, SIDE, LARGE_SIDE = 7, 64, 150
"""Pictures in a row, and sides of a picture in pixels. Few pictures are large."""
MAX_ROWS, HISTOGRAM_HEIGHT = 5, 170
MISSING = "missing"


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    if scene.state.seen not in ("", *scene.run.dataset.fields):
        scene.change(seen="")


def _draw(scene: Scene) -> None:
    pictures = st.container()
    scene.chart(cached_figure(run_error_histogram, scene.run, scene.ids), "errors", height=HISTOGRAM_HEIGHT)
    with pictures:
        seen = _choose_seen(scene)
        ids = _choose_samples(scene, seen)
        for field in scene.run.dataset.fields.values():
            _compare(scene.run, field, ids, seen)
    if len(scene.selected):
        show_sample_table(scene.run, ids)


def _choose_seen(scene: Scene) -> str:
    """Draw the choice of the field that the encoder sees, if there are several. Return its name; empty for all fields."""
    fields = scene.run.dataset.fields
    if len(fields) == 1:
        return ""
    st.segmented_control(
        "The encoder sees",
        ["", *fields],
        format_func=lambda name: name or "all fields",
        required=True,
        help="With one field, the model reconstructs the other fields from it",
        **state.bound(ExploreState, "seen"),
    )
    return scene.state.seen


def _choose_samples(scene: Scene, seen: str) -> np.ndarray:
    """Draw the choice of the samples, and return their ids: some of the selected samples, or of all samples.

    Only samples that have the seen field are chosen.
    """
    selected = scene.selected
    has_pictures = any(map(is_pictured, scene.run.dataset.fields.values()))
    count = (COLUMNS * (2 if len(selected) else 1)) if has_pictures else MAX_ROWS
    candidates = selected if len(selected) else scene.ids
    present = scene.run.dataset.fields[seen].present if seen else None
    candidates = candidates if present is None else candidates[present[candidates]]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(selected):,} selected**" if len(selected) else "**All samples**", width="content")
        if len(candidates) > count:
            binding = state.bound(ExploreState, "which")
            st.segmented_control("Which", get_args(Choice), required=True, label_visibility="collapsed", **binding)
        st.space("stretch")
        st.caption(judge(scene.run).summary, width="content")
    return samples_by_error(np.asarray(scene.run.errors), candidates, scene.state.which, count)


def _compare(run: Run, field: Field, ids: np.ndarray, seen: str) -> None:
    """Draw the inputs of a field beside their reconstructions."""
    results = _reconstructions((run.id, version_of(run.id)), run, tuple(ids.tolist()), seen)
    if is_pictured(field):
        side = LARGE_SIDE if len(ids) <= COLUMNS // 2 else SIDE
        show_image(
            _picture((run.id, version_of(run.id), field.name, seen), field, results, tuple(ids.tolist()), side),
            alt=f"Samples {', '.join(map(str, ids.tolist()))}: inputs above, reconstructions in the middle, differences below",
        )
        cross_note = "; a grey cross: no input" if results.missing[field.name].any() else ""
        st.caption(f"Input, reconstruction, difference (blue too low, orange too high{cross_note})")
    elif field.modality == "tabular":
        _show_rows(run, field.name, results)
    show_besides(field, {"Input": results.inputs[field.name], "Reconstruction": results.outputs[field.name]}, ids)


@st.cache_resource(max_entries=64, show_spinner=False)
def _reconstructions(key: tuple[str, str], _run: Run, ids: tuple[int, ...], seen: str) -> Reconstructions:
    return reconstructions(_run, np.array(ids, np.int32), [seen] if seen else [])


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture(key: tuple[str, ...], _field: Field, _results: Reconstructions, ids: tuple[int, ...], side: int) -> bytes:
    return png_bytes(comparison_image(_results, _field, side, columns=COLUMNS))


def _show_rows(run: Run, field: str, results: Reconstructions) -> None:
    """Draw a table with a row for each column of a tabular field, the largest error first.

    A row has the error of the column, and its value and its reconstruction in each sample.
    """
    sample_rows = [table_rows(run, field, results, i) for i in range(len(results.ids))]
    errors = pd.DataFrame([{row.column: row.error for row in rows} for rows in sample_rows]).mean()
    table: dict[str, Any] = {"error": errors}
    for sample, rows in zip(results.ids.tolist(), sample_rows, strict=True):
        prefix = f"{sample} " if len(sample_rows) > 1 else ""
        table[f"{prefix}input"] = {row.column: row.value or MISSING for row in rows}
        table[f"{prefix}reconstruction"] = {row.column: row.reconstruction for row in rows}
        if len(sample_rows) == 1:
            table["difference"] = {row.column: row.difference for row in rows}
    worst = errors.sort_values(ascending=False, kind="stable").index
    st.dataframe(
        pd.DataFrame(table).loc[worst].rename_axis("column"),
        height=38 * min(len(worst) + 1, 9),
        column_config={"error": st.column_config.NumberColumn(format="%.4f", help="Mean squared error, [0, 1] units")},
    )


PANEL = Panel("reconstructions", "Reconstructions", "samples", 10, frozenset({"results"}), _draw, prepare=_prepare)
