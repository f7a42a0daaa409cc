"""Inputs beside what the model makes of them, of the selected samples or of any; and how large the errors are."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.samples.reconstruction import Choice, Reconstructions, reconstructions, samples_by_error, table_rows
from aeexplorer.data.dataset import Field
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.facts import facts
from aeexplorer.ui.explore.figures import cached_figure
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.charts.error_histogram import run_error_histogram
from aeexplorer.views.pictures.pictures import comparison_image, png_bytes

COLUMNS, SIDE, LARGE = 7, 64, 150
ROWS, HISTOGRAM = 5, 170
MISSING = "missing"


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    if scene.state.seen not in ("", *scene.run.dataset.fields):
        scene.change(seen="")


def _draw(scene: Scene) -> None:
    pictures = st.container()
    scene.chart(cached_figure(run_error_histogram, scene.run, scene.ids), "errors", height=HISTOGRAM)
    with pictures:
        seen = _choose_seen(scene)
        ids = _choose(scene, seen)
        for field in scene.run.dataset.fields.values():
            _compare(scene.run, field, ids, seen)
    if len(scene.selected):
        facts(scene.run, ids)


def _choose_seen(scene: Scene) -> str:
    """The one field that the encoder sees, where there are several; an empty text for all."""
    fields = scene.run.dataset.fields
    if len(fields) == 1:
        return ""
    st.segmented_control(
        "The encoder sees",
        ["", *fields],
        format_func=lambda name: name or "all fields",
        required=True,
        help="Of one field alone, the model tells the others from it",
        **state.bound(ExploreState, "seen"),
    )
    return scene.state.seen


def _choose(scene: Scene, seen: str) -> np.ndarray:
    """Ids of the samples to show: some of the selected ones, or of all; those that have the field that is seen."""
    chosen = scene.selected
    pictured = any(map(is_pictured, scene.run.dataset.fields.values()))
    most = (COLUMNS * (2 if len(chosen) else 1)) if pictured else ROWS
    among = chosen if len(chosen) else scene.ids
    present = scene.run.dataset.fields[seen].present if seen else None
    among = among if present is None else among[present[among]]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(chosen):,} selected**" if len(chosen) else "**All samples**", width="content")
        if len(among) > most:
            tied = state.bound(ExploreState, "which")
            st.segmented_control("Which", get_args(Choice), required=True, label_visibility="collapsed", **tied)
        st.space("stretch")
        st.caption(_figures(scene.run), width="content")
    return samples_by_error(np.asarray(scene.run.errors), among, scene.state.which, most)


def _figures(run: Run) -> str:
    """The error over the test split, and PCA's."""
    split = next(name for name in ("test", "validation", "train") if name in run.metrics)
    return f"{split} error {run.metrics[split]['mse']:.4f}, PCA {run.metrics['pca']['mse']:.4f}"


def _compare(run: Run, field: Field, ids: np.ndarray, seen: str) -> None:
    shown = _passed((run.id, version_of(run.id)), run, tuple(ids.tolist()), seen)
    if is_pictured(field):
        side = LARGE if len(ids) <= COLUMNS // 2 else SIDE
        show_image(
            _picture((run.id, version_of(run.id), field.name, seen), field, shown, tuple(ids.tolist()), side),
            alt=f"Samples {', '.join(map(str, ids.tolist()))}: inputs above, reconstructions in the middle, differences below",
        )
        crossed = "; a grey cross: no input" if shown.missing[field.name].any() else ""
        st.caption(f"Input, reconstruction, difference (blue too low, orange too high{crossed})")
    elif field.modality == "tabular":
        _rows(run, field.name, shown)
    show_besides(field, {"Input": shown.inputs[field.name], "Reconstruction": shown.outputs[field.name]}, ids)


@st.cache_resource(max_entries=64, show_spinner=False)
def _passed(mark: tuple[str, str], _run: Run, ids: tuple[int, ...], seen: str) -> Reconstructions:
    return reconstructions(_run, np.array(ids, np.int32), [seen] if seen else [])


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture(mark: tuple[str, ...], _field: Field, _shown: Reconstructions, ids: tuple[int, ...], side: int) -> bytes:
    return png_bytes(comparison_image(_shown, _field, side, columns=COLUMNS))


def _rows(run: Run, field: str, shown: Reconstructions) -> None:
    """Columns of the table, the worst first: each sample's value beside its reconstruction, and the column's error."""
    lines = [table_rows(run, field, shown, i) for i in range(len(shown.ids))]
    errors = pd.DataFrame([{row.column: row.error for row in rows} for rows in lines]).mean()
    table: dict[str, Any] = {"error": errors}
    for sample, rows in zip(shown.ids.tolist(), lines, strict=True):
        one = f"{sample} " if len(lines) > 1 else ""
        table[f"{one}input"] = {row.column: row.value or MISSING for row in rows}
        table[f"{one}reconstruction"] = {row.column: row.reconstruction for row in rows}
        if len(lines) == 1:
            table["difference"] = {row.column: row.difference for row in rows}
    worst = errors.sort_values(ascending=False, kind="stable").index
    st.dataframe(
        pd.DataFrame(table).loc[worst].rename_axis("column"),
        height=38 * min(len(worst) + 1, 9),
        column_config={"error": st.column_config.NumberColumn(format="%.4f", help="Mean squared error, [0, 1] units")},
    )


PANEL = Panel("reconstructions", "Reconstructions", "samples", 10, frozenset({"results"}), _draw, prepare=_prepare)
