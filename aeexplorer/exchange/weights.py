"""Weights from elsewhere for known settings: a safetensors file becomes a finished run."""

from collections.abc import Mapping
from pathlib import Path, PurePath

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace, atomic_path
from aeexplorer.data.dataset import clean_name, open_dataset
from aeexplorer.data.tensors import require_small_header
from aeexplorer.exchange.finished import finished_run
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import Run

LARGEST = 2 << 30
"""Bytes of a file of weights at most."""
_FIX = "Use weights that were saved with these settings"


def read_weights(path: Path, shown: str, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a safetensors file, as the model has them.

    Parameters
    ----------
    path, shown
        The file, and what a person calls it.
    expected
        The model's own tensors, by name.

    Raises
    ------
    UploadRejected
        Naming the tensors that are missing, unknown, of another shape or kind, or not finite.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UploadRejected(shown, "", f"it is larger than {LARGEST >> 30} GiB", "Choose a file of weights of this model")
        require_small_header(path)
        with safe_open(path, "pt") as file:
            names = set(file.keys())
            _refuse(shown, "is missing", sorted(set(expected) - names))
            _refuse(shown, "is not one of the model's", sorted(names - set(expected)))
            found = {name: file.get_tensor(name) for name in expected}
    except UploadRejected:
        raise
    except (OSError, ValueError, SafetensorError) as error:
        raise UploadRejected(
            shown, "", f"it is no safetensors file ({error})", "Save it with safetensors.torch.save_file"
        ) from None
    for name, own in expected.items():
        tensor = found[name]
        if tensor.shape != own.shape:
            shapes = f"has the shape {tuple(tensor.shape)} instead of {tuple(own.shape)}"
            raise UploadRejected(shown, f"tensor {name}", shapes, _FIX)
        if tensor.is_floating_point() != own.is_floating_point():
            raise UploadRejected(shown, f"tensor {name}", f"is {tensor.dtype} instead of {own.dtype}", _FIX)
        if not torch.isfinite(tensor).all():
            raise UploadRejected(
                shown, f"tensor {name}", "has numbers that are not finite", "Choose weights of a training that held"
            )
    return {name: found[name].to(own.dtype) for name, own in expected.items()}


def _refuse(shown: str, why: str, names: list[str]) -> None:
    if names:
        more = f", and {len(names) - 1} more" if len(names) > 1 else ""
        raise UploadRejected(shown, f"tensor {names[0]}", f"{why}{more}", _FIX)


def import_weights(
    workspace: Workspace, config: RunConfig, source: Path | str, name: str = "", preset: str = "", shown: str = ""
) -> Run:
    """A run of these settings with the weights of a file, evaluated on every split.

    The settings name a run; where they are a run already, the seed (which weights from elsewhere do not depend on) is
    raised until they are not.

    Parameters
    ----------
    workspace
        Where it goes.
    config
        Its settings; those of the run that the weights come from, but for the seed.
    source
        A safetensors file with the model's tensors, by the names that `Autoencoder.state_dict` gives them.
    name
        What people call it; by default the file's name.
    preset
        What the settings started from, if known.
    shown
        What a person calls the file; by default its name.

    Raises
    ------
    UploadRejected
        Naming the tensor that is not as it should be; nothing is stored then.
    UserError
        If the settings do not fit the dataset.
    """
    path = Path(source).expanduser().absolute()
    shown = shown or path.name
    dataset = open_dataset(workspace.dataset_folder(config.dataset))
    with torch.device("meta"):
        expected = Autoencoder(config.model, dataset.fields).state_dict()
    weights = read_weights(path, shown, expected)
    while workspace.run_folder(config.run_id).exists():
        config = config.replace({"seed": config.seed + 1})
    return finished_run(workspace, config, weights, clean_name(name or PurePath(shown).stem), preset)


def export_weights(run: Run, target: Path | str) -> Path:
    """Write the tensors of a run's model as one safetensors file, as `import_weights` takes it; returns its path.

    Raises
    ------
    UserError
        If the run has no weights yet.
    """
    path = Path(target).expanduser().absolute()
    tensors = {name: tensor.clone().contiguous() for name, tensor in run.model.state_dict().items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, {"run": run.id})
    return path
