"""Settings that were added after settings format 1 are marked, so that they do not change the ids of older runs."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import orjson

from aeexplorer import models
from aeexplorer.core.settings import Added, Settings
from aeexplorer.training.config import RunConfig
from aeexplorer.training.search.search import SearchConfig

LIST = Path(__file__).parent / "settings_of_format_1.json"


def settings_classes() -> Iterator[type[Settings]]:
    """All classes of settings that are stored with runs and searches."""
    for module in pkgutil.walk_packages(models.__path__, "aeexplorer.models."):
        importlib.import_module(module.name)
    assert RunConfig.run_id
    assert SearchConfig.search_id
    pending = [Settings]
    while pending:
        kinds = pending.pop().__subclasses__()
        pending += kinds
        yield from (kind for kind in kinds if kind.__module__.startswith(("aeexplorer.models", "aeexplorer.training")))


def unmarked_settings() -> dict[str, list[str]]:
    return {
        kind.__name__: sorted(
            name for name, field in kind.model_fields.items() if not any(isinstance(marker, Added) for marker in field.metadata)
        )
        for kind in sorted(settings_classes(), key=lambda kind: kind.__name__)
    }


def test_settings_are_those_of_format_1_or_marked_as_added() -> None:
    listed = orjson.loads(LIST.read_bytes())
    hint = f"mark new settings with Added(), see CONTRIBUTING; list the settings of a new class in {LIST.name}"
    assert unmarked_settings() == listed, hint


def test_run_ids_are_those_of_version_0_5_0() -> None:
    config = RunConfig(dataset="ds-0123456789ab")
    assert config.run_id == "run-e2e3e25a8aff"
    changes = {
        "model.bottleneck": "vector_quantized",
        "model.corruption": "masking",
        "training.epochs": 7,
        "seed": 3,
        "folds": 5,
        "fold": 2,
    }
    assert config.replace(changes).run_id == "run-c7b70dcfa86c"
