"""The settings of a new run: the most important ones, all others on demand, and an estimate of the cost."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.autoencoder import resolve_automatic
from aeexplorer.models.presets import Preset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.estimate import Estimate, estimate
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.forms import SettingsForm

SETTINGS_PER_PART = 2
"""Settings of the bottleneck and of the corruption that are among the most important ones."""


def choose_settings(dataset: Dataset, preset: Preset) -> RunConfig | None:
    """Draw the form of a run's settings and return them; None, with the reason on the page, while a value is not valid."""
    networks = {name for field in dataset.fields.values() for name in modality_of(field).networks}
    form = SettingsForm(
        config_for(preset, dataset),
        key=f"train.{dataset.id}.{preset.name}",
        choices={"model.network": ["auto", *sorted(networks)]},
        meaning=resolve_automatic(dataset.fields),
    )
    important = _important_settings(form.base)
    form.draw(important, columns=4)
    with st.expander("All settings", icon=":material/tune:"):
        form.draw_all(exclude=[*important, "dataset"], columns=4)
    form.reset_button()
    with show_errors():
        return form.settings()
    return None


def show_estimate(config: RunConfig, dataset: Dataset) -> bool:
    """Write how many parameters and steps the settings lead to, the size of the code, and the memory.

    Returns
    -------
    bool
        Whether the settings fit the dataset. If not, the reason is on the page.
    """
    cost = None
    with show_errors():
        cost = _estimate(config.digest(), config, dataset)
    if cost is None:
        return False
    shape = " × ".join(map(str, cost.code))
    unit = "codes" if cost.discrete else "numbers"
    st.markdown(
        f"**{cost.parameters:,}** parameters · **{cost.steps:,}** steps of {config.training.batch_size} samples · "
        f"{cost.inputs:,} values become **{shape}** {unit} · about {_bytes_text(cost.memory)} of memory"
    )
    return True


@st.cache_data(max_entries=256, show_spinner=False)
def _estimate(digest: str, _config: RunConfig, _dataset: Dataset) -> Estimate:
    return estimate(_config, _dataset.rotated(_config.fold, _config.folds))


def _important_settings(config: RunConfig) -> list[str]:
    paths = [path for path, _, _ in config.leaves() if not path.endswith(".kind")]
    important: list[str] = []
    for part in ("model.bottleneck.", "model.corruption."):
        important += [path for path in paths if path.startswith(part)][:SETTINGS_PER_PART]
    return [*important, "training.epochs", "training.learning_rate"]


def _bytes_text(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
