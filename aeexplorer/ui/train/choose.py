"""Choosing what to train on and where to start from."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.presets import Preset, presets
from aeexplorer.ui import state
from aeexplorer.ui.state import DataState, SearchState, TrainState
from aeexplorer.ui.stored import catalogue, dataset_of

CARDS_A_ROW = 4


def choose_dataset(shown: TrainState | SearchState) -> Dataset | None:
    """A list of the datasets here; None, with the way to bring one in, where there is none."""
    rows = {row.id: row for row in catalogue().datasets()}
    if not rows:
        st.info("There is no dataset here yet. Bring your own, or load a built-in one.", icon=":material/database:")
        if st.button("Go to Data", type="primary", icon=":material/upload:"):
            state.visit(DataState)
        return None
    if shown.dataset not in rows:
        shown = state.update(shown, dataset=next(iter(rows)))
    st.selectbox(
        "Dataset",
        list(rows),
        format_func=lambda row: f"{rows[row].name} · {rows[row].n:,} {rows[row].modalities} samples",
        **state.bound(type(shown), "dataset"),
    )
    return dataset_of(shown.dataset)


def choose_preset(shown: TrainState | SearchState, dataset: Dataset) -> Preset:
    """Cards of the presets that fit the dataset's modality; the first is chosen where none is."""
    fitting = {name: p for name, p in presets().items() if dataset.main_field.modality in p.modalities}
    chosen = shown.preset if shown.preset in fitting else _first(fitting)
    grid = st.grid(CARDS_A_ROW, min_column_width=200, gap=(10, 10))
    for name, preset in fitting.items():
        with grid.cell():
            st.button(
                f"**{preset.title}**  \n{preset.summary}",
                key=f"preset.{name}",
                type="primary" if name == chosen else "secondary",
                width="stretch",
                wrap=True,
                on_click=_choose,
                args=(type(shown), name),
            )
    return fitting[chosen]


def _first(fitting: dict[str, Preset]) -> str:
    return "conv-ae" if "conv-ae" in fitting else "dense-ae"


def _choose(kind: type[TrainState | SearchState], name: str) -> None:
    state.update(state.current(kind), preset=name)
