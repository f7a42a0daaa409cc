"""What a search is to vary, and how; the button that starts it."""

import streamlit as st

from aeexplorer.core.settings import settings_without_effect
from aeexplorer.data.dataset import Dataset, clean_name
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.autoencoder import resolve_automatic
from aeexplorer.models.presets import Preset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.search.search import SearchConfig, create_search
from aeexplorer.training.search.space import Choices, Dimension, check_space, combinations, read_space, suggestion
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.forms import SettingsForm
from aeexplorer.ui.parts.widgets import escape, help_text, label
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import SearchState
from aeexplorer.ui.session.workspace import workspace

_FIRST = ("training.learning_rate", "model.bottleneck.latent_dim", "model.bottleneck.codebook_size")
"""Settings that are varied unless others are chosen, where there are such."""
HOW = ["sampler", "trials", "objective", "pruning"]


def search_form(page_state: SearchState, dataset: Dataset, preset: Preset) -> None:
    """The form of a search, and its start."""
    base = config_for(preset, dataset)
    key = f"search.{dataset.id}.{preset.name}"
    varied = _choose_varied(base, key)
    networks = {name for field in dataset.fields.values() for name in modality_of(field).networks}
    with st.expander("Settings that are the same in all trials", icon=":material/tune:"):
        fixed = SettingsForm(
            base,
            key=f"{key}.base",
            choices={"model.network": ["auto", *sorted(networks)]},
            meaning=resolve_automatic(dataset.fields),
            free=varied,
        )
        fixed.draw_all(exclude=["dataset", *varied], columns=4)
        fixed.reset_button()
    with show_errors():
        base = fixed.settings()
        space = read_space(base, varied)
        check_space(base, space)
        idle = settings_without_effect(base.leaves(), resolve_automatic(dataset.fields), space, base.conditional_groups())
        for why in (why for path, why in idle.items() if path in space):
            st.warning(f"{escape(why)}: vary that too, or leave this out.", icon=":material/tune:")
        how = SettingsForm(SearchConfig(base=base, space=space), key=f"{key}.how")
        how.draw(HOW, columns=4)
        config = how.settings()
        st.markdown(_summary(config))
        if st.button("Search", type="primary", icon=":material/search:", key="search.start"):
            name = clean_name(f"{preset.title} on {dataset.name}")
            state.update(page_state, search=create_search(workspace(), config, name, preset.name).id)
            st.rerun()


def _choose_varied(base: RunConfig, key: str) -> dict[str, str]:
    """Which settings are varied, and what each may be, as text."""
    offered = {path: (field, value) for path, field, value in base.leaves() if path != "dataset" and not path.endswith(".kind")}
    offered = {path: (field, value) for path, (field, value) in offered.items() if suggestion(field, value)}
    state.setdefault(f"{key}.varied", [path for path in _FIRST if path in offered])
    chosen = st.multiselect(
        "Settings to vary",
        list(offered),
        format_func=lambda path: f"{label(path.rpartition('.')[2])} · {path.rpartition('.')[0]}",
        key=f"{key}.varied",
        persist_state="session",
    )
    found = {}
    grid = st.grid(3, min_column_width=220, gap=(10, 20))
    for path in chosen:
        field, value = offered[path]
        state.setdefault(f"{key}:{path}", suggestion(field, value))
        with grid.cell():
            found[path] = st.text_input(
                label(path.rpartition(".")[2]),
                key=f"{key}:{path}",
                help=f"{help_text(field, value)}  \nWrite values as 2,4,8 or a range as 1e-4..1e-2.",
                max_chars=400,
                persist_state="session",
            )
    return found


def _summary(config: SearchConfig) -> str:
    counted: list[Dimension] = list(config.space.values())
    if config.sampler == "grid" or all(isinstance(dimension, Choices) for dimension in counted):
        total = sum(1 for _ in combinations(config.space))
        return (
            f"**{min(total, config.trials):,}** of **{total:,}** combinations, {config.base.training.epochs} epochs each at most"
        )
    return f"**{config.trials:,}** trials, {config.base.training.epochs} epochs each at most"
