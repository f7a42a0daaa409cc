"""Presets that suit a field."""

from aeexplorer.core.registry import collect
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.corruptions.base import CorruptionSettings
from aeexplorer.models.presets import Preset, presets


def presets_for(field: Field) -> dict[str, Preset]:
    """Return the presets whose network and corruption fit a field, by name, simplest first."""
    modality = modality_of(field)
    corruptions = collect("aeexplorer.models.corruptions", CorruptionSettings)

    def fits(preset: Preset) -> bool:
        corruption = preset.model.get("corruption")
        network = preset.model.get("network", "auto")
        network_fits = network == "auto" or network in modality.networks
        return network_fits and (corruption is None or corruptions[corruption["kind"]]().fits(modality))

    return {name: preset for name, preset in presets().items() if fits(preset)}


def recommended_preset(field: Field) -> str:
    """Return the name of the preset to start with: a plain autoencoder with a network that suits the field."""
    return "conv-ae" if "conv-ae" in presets_for(field) else "dense-ae"
