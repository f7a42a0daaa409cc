"""Assembly of the parts of an autoencoder: new parts with random weights, or the parts of a loaded model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from aeexplorer.core.errors import UserError
from aeexplorer.modalities.base import Modality, Network
from aeexplorer.models.bottlenecks.base import Bottleneck
from aeexplorer.models.config import LoadedModel, ModelConfig
from aeexplorer.models.corruptions.base import CorruptionSettings
from aeexplorer.models.fusions.average import AverageFusion
from aeexplorer.models.fusions.base import Fusion
from aeexplorer.models.loaded.base import require_pictures


@dataclass
class ModelParts:
    """Parts that an autoencoder is composed of."""

    networks: Mapping[str, Network]
    grid: tuple[int, ...]
    fusion: Fusion
    width: int
    bottleneck: Bottleneck


def build_parts(config: ModelConfig, modalities: Mapping[str, Modality]) -> ModelParts:
    """Build new parts with random weights.

    The first field determines the number of tokens. Fields that do not support the requested network fall back to their
    default, unless no field supports it: then building the network raises `UserError`.
    """
    main = next(iter(modalities.values()))
    target = config.bottleneck.token_count(main.natural_tokens())
    grid = main.grid(target) if target > 1 else (1,)
    tokens = math.prod(grid)
    supported = {name for name, m in modalities.items() if config.network in m.networks}
    kinds = {name: config.network if name in supported or not supported else "auto" for name in modalities}
    networks = {name: m.network(kinds[name], config, tokens) for name, m in modalities.items()}
    fusion, width = config.fusion.build({name: n.width for name, n in networks.items()})
    return ModelParts(networks, grid, fusion, width, config.bottleneck.build(width, tokens))


def load_parts(config: LoadedModel, modalities: Mapping[str, Modality]) -> ModelParts:
    """Build the parts of a model from outside the app, for the only field of the dataset."""
    (name,) = require_pictures(modalities)
    loaded = config.loaded.build(modalities[name])
    width = loaded.network.width
    return ModelParts({name: loaded.network}, loaded.grid, AverageFusion({name: width}), width, loaded.bottleneck)


def check_corruption(corruption: CorruptionSettings | None, modalities: Mapping[str, Modality]) -> None:
    """Raise `UserError` if a corruption fits none of the fields."""
    if corruption is not None and corruption.drops_fields and len(modalities) == 1:
        raise UserError(
            f"the corruption {corruption.title!r} is for data of several fields, and these have one",
            "Choose another corruption, such as gaussian_noise or masking, or none",
        )
    if corruption is None or any(corruption.fits(modality) for modality in modalities.values()):
        return
    actual = ", ".join(sorted({modality.name for modality in modalities.values()}))
    expected = " or ".join(sorted(corruption.modalities or ())) or "other"
    raise UserError(
        f"the corruption {corruption.title!r} is for {expected} data, and these are {actual}",
        "Choose another corruption, such as masking, or none",
    )
