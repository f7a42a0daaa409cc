"""The form of a new search: the settings to vary, their values, how to search, and the button that starts it."""

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
from aeexplorer.ui.parts.widgets import escape, help_text
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import SearchState
from aeexplorer.ui.session.workspace import workspace
from aeexplorer.views.labels import display_name

_SUGGESTED = ("training.learning_rate", "model.bottleneck.latent_dim", "model.bottleneck.codebook_size")
"""Settings to vary at first, of those that the preset has."""
SEARCH_SETTINGS = ["sampler", "trials", "objective", "pruning"]


def search_form(page_state: SearchState, dataset: Dataset, preset: Preset) -> None:
    """Draw the form of a search and start the search when asked to."""
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
        for reason in (reason for path, reason in idle.items() if path in space):
            st.warning(f"{escape(reason)}: vary the other setting too, or do not vary this one.", icon=":material/tune:")
        how = SettingsForm(SearchConfig(base=base, space=space), key=f"{key}.how")
        how.draw(SEARCH_SETTINGS, columns=4)
        config = how.settings()
        st.markdown(_summary(config))
        if st.button("Search", type="primary", icon=":material/search:", key="search.start"):
            name = clean_name(f"{preset.title} on {dataset.name}")
            state.update(page_state, search=create_search(workspace(), config, name, preset.name).id)
            st.rerun()


def _choose_varied(base: RunConfig, key: str) -> dict[str, str]:
    """Let the user choose the settings to vary, and return the values of each, as the user typed them."""
    offered = {path: (field, value) for path, field, value in base.leaves() if path != "dataset" and not path.endswith(".kind")}
    offered = {path: (field, value) for path, (field, value) in offered.items() if suggestion(field, value)}
    state.setdefault(f"{key}.varied", [path for path in _SUGGESTED if path in offered])
    chosen = st.multiselect(
        "Settings to vary",
        list(offered),
        format_func=lambda path: f"{display_name(path)} · {path.rpartition('.')[0]}",
        key=f"{key}.varied",
        persist_state="session",
    )
    texts = {}
    grid = st.grid(3, min_column_width=220, gap=(10, 20))
    for path in chosen:
        field, value = offered[path]
        state.setdefault(f"{key}:{path}", suggestion(field, value))
        with grid.cell():
            texts[path] = st.text_input(
                display_name(path),
                key=f"{key}:{path}",
                help=f"{help_text(field, value)}  \nWrite values as 2,4,8 or a range as 1e-4..1e-2.",
                max_chars=400,
                persist_state="session",
            )
    return texts


def _summary(config: SearchConfig) -> str:
    dimensions: list[Dimension] = list(config.space.values())
    if config.sampler == "grid" or all(isinstance(dimension, Choices) for dimension in dimensions):
        total = sum(1 for _ in combinations(config.space))
        return (
            f"**{min(total, config.trials):,}** of **{total:,}** combinations, at most {config.base.training.epochs} epochs each"
        )
    return f"**{config.trials:,}** trials, at most {config.base.training.epochs} epochs each"
