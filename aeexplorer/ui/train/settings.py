"""The settings of a run before it starts: a few at once, all on demand, and what they amount to."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.autoencoder import resolve_automatic
from aeexplorer.models.presets import Preset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.estimate import Estimate, estimate
from aeexplorer.ui.parts.forms import SettingsForm

OF_A_PART = 2
"""Settings of a part that are page_state at once; the others are among all settings."""


def choose_settings(dataset: Dataset, preset: Preset) -> RunConfig:
    """The form of a run's settings.

    Raises
    ------
    UserError
        If a value does not fit.
    """
    networks = {name for field in dataset.fields.values() for name in modality_of(field).networks}
    form = SettingsForm(
        config_for(preset, dataset),
        key=f"train.{dataset.id}.{preset.name}",
        choices={"model.network": ["auto", *sorted(networks)]},
        meaning=resolve_automatic(dataset.fields),
    )
    first = _essential(form.base)
    form.draw(first, columns=4)
    with st.expander("All settings", icon=":material/tune:"):
        form.draw_all(exclude=[*first, "dataset"], columns=4)
    form.reset_button()
    return form.settings()


def show_estimate(config: RunConfig, dataset: Dataset) -> None:
    """Say what the settings amount to."""
    cost = _estimate(config.digest(), config, dataset)
    code = " × ".join(map(str, cost.code))
    words = "codes" if cost.discrete else "numbers"
    st.markdown(
        f"**{cost.parameters:,}** parameters · **{cost.steps:,}** steps of {config.training.batch_size} samples · "
        f"{cost.inputs:,} values become **{code}** {words} · about {_size(cost.memory)} of memory"
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _estimate(digest: str, _config: RunConfig, _dataset: Dataset) -> Estimate:
    return estimate(_config, _dataset.with_fold(_config.fold, _config.folds))


def _essential(config: RunConfig) -> list[str]:
    paths = [path for path, _, _ in config.leaves() if not path.endswith(".kind")]
    page_state: list[str] = []
    for part in ("model.bottleneck.", "model.corruption."):
        page_state += [path for path in paths if path.startswith(part)][:OF_A_PART]
    return [*page_state, "training.epochs", "training.learning_rate"]


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
