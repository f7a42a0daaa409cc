"""Train autoencoders on your own data and explore their latent spaces.

This module is the public Python API. Names are imported on first use, which keeps ``import aeexplorer`` fast::

    import aeexplorer

    digits = aeexplorer.load_dataset("digits")
    run = aeexplorer.train(digits, "vae", {"model.latent_dim": 2})
    print(run.metrics["test"]["mse"])
    x, reconstruction = run.reconstruct(digits.ids("test")[:8])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aeexplorer.core.version import __version__ as __version__

if TYPE_CHECKING:
    from aeexplorer.core.errors import UploadRejected, UserError
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.dataset import Dataset, NewField, create_dataset
    from aeexplorer.data.ingest.ingest import IngestOptions
    from aeexplorer.exchange.run_files.transfer import export_run, import_run
    from aeexplorer.models.presets import presets
    from aeexplorer.public import add_dataset, embed, load_dataset, open_run, train
    from aeexplorer.training.config import RunConfig
    from aeexplorer.training.loop import fit
    from aeexplorer.training.run import Run
    from aeexplorer.training.trainer import prepare

_MODULES = {
    "Dataset": "aeexplorer.data.dataset",
    "IngestOptions": "aeexplorer.data.ingest.ingest",
    "NewField": "aeexplorer.data.dataset",
    "Run": "aeexplorer.training.run",
    "RunConfig": "aeexplorer.training.config",
    "UploadRejected": "aeexplorer.core.errors",
    "UserError": "aeexplorer.core.errors",
    "Workspace": "aeexplorer.core.workspace",
    "add_dataset": "aeexplorer.public",
    "create_dataset": "aeexplorer.data.dataset",
    "embed": "aeexplorer.public",
    "export_run": "aeexplorer.exchange.run_files.transfer",
    "fit": "aeexplorer.training.loop",
    "import_run": "aeexplorer.exchange.run_files.transfer",
    "load_dataset": "aeexplorer.public",
    "open_run": "aeexplorer.public",
    "prepare": "aeexplorer.training.trainer",
    "presets": "aeexplorer.models.presets",
    "train": "aeexplorer.public",
}

__all__ = [
    "Dataset",
    "IngestOptions",
    "NewField",
    "Run",
    "RunConfig",
    "UploadRejected",
    "UserError",
    "Workspace",
    "add_dataset",
    "create_dataset",
    "embed",
    "export_run",
    "fit",
    "import_run",
    "load_dataset",
    "open_run",
    "prepare",
    "presets",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
