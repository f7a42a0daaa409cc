"""Presets have valid settings, and each is a different model."""

import pytest

from aeexplorer.core.registry import collect
from aeexplorer.models.config import BOTTLENECKS, ModelConfig
from aeexplorer.models.fitting import presets_for, recommended_preset
from aeexplorer.models.parts import PartSettings
from aeexplorer.models.presets import presets
from tests.modalities.networks.fixtures import FIELDS


def test_each_preset_is_a_different_model() -> None:
    configs = [ModelConfig.model_validate(dict(preset.model)) for preset in presets().values()]
    assert len({config.digest() for config in configs}) == len(configs)


def test_every_bottleneck_has_a_preset() -> None:
    kinds = {ModelConfig.model_validate(dict(preset.model)).bottleneck.kind for preset in presets().values()}
    assert kinds == set(collect(BOTTLENECKS, PartSettings))


def test_presets_have_names_for_the_command_line_and_for_people() -> None:
    for name, preset in presets().items():
        assert name == preset.name
        assert name.replace("-", "").isalnum()
        assert preset.title
        assert preset.summary.endswith(".")
    assert len({preset.title for preset in presets().values()}) == len(presets())


@pytest.mark.parametrize(
    ("name", "preset"), [("grey", "conv-ae"), ("video", "conv-ae"), ("table", "dense-ae"), ("text", "dense-ae")]
)
def test_recommended_preset_fits_the_data(name: str, preset: str) -> None:
    assert recommended_preset(FIELDS[name]) == preset
    assert preset in presets_for(FIELDS[name])
