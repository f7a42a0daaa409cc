"""Import weights for known settings from a safetensors file, and export the weights of a run."""

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
from aeexplorer.exchange.finished import create_finished_run
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import find_run
from aeexplorer.training.run import Run

MAX_BYTES = 2 << 30
"""Largest accepted size of a file of weights."""
_FIX = "Use weights that were saved with these settings"


def read_weights(path: Path, shown: str, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file and check them against those of a model.

    Parameters
    ----------
    path
        The file.
    shown
        File name to show in error messages.
    expected
        Tensors of the model, by name. Their shapes and dtypes are used, not their values.

    Returns
    -------
    dict
        Tensors by name, in the dtypes of the model.

    Raises
    ------
    UploadRejected
        If a tensor is missing, unknown, of another shape or kind, or not finite. The message names the tensor.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UploadRejected(shown, "", f"it is larger than {MAX_BYTES >> 30} GiB", "Choose a file of this model's weights")
        require_small_header(path)
        with safe_open(path, "pt") as file:
            names = set(file.keys())
            _refuse_names(shown, "is missing", sorted(set(expected) - names))
            _refuse_names(shown, "is not one of the model's", sorted(names - set(expected)))
            tensors = {name: file.get_tensor(name) for name in expected}
    except UploadRejected:
        raise
    except (OSError, ValueError, SafetensorError) as error:
        raise UploadRejected(
            shown, "", f"it is not a safetensors file ({error})", "Save the tensors with safetensors.torch.save_file"
        ) from None
    for name, own in expected.items():
        tensor = tensors[name]
        if tensor.shape != own.shape:
            reason = f"has the shape {tuple(tensor.shape)} instead of {tuple(own.shape)}"
            raise UploadRejected(shown, f"tensor {name}", reason, _FIX)
        if tensor.is_floating_point() != own.is_floating_point():
            raise UploadRejected(shown, f"tensor {name}", f"is {tensor.dtype} instead of {own.dtype}", _FIX)
        if not torch.isfinite(tensor).all():
            raise UploadRejected(
                shown, f"tensor {name}", "has numbers that are not finite", "Choose weights from a training that did not diverge"
            )
    return {name: tensors[name].to(own.dtype) for name, own in expected.items()}


def _refuse_names(shown: str, reason: str, names: list[str]) -> None:
    """Raise `UploadRejected` for the first of some tensor names, if there are any."""
    if names:
        more = f", and {len(names) - 1} more" if len(names) > 1 else ""
        raise UploadRejected(shown, f"tensor {names[0]}", f"{reason}{more}", _FIX)


def import_weights(
    workspace: Workspace, config: RunConfig, source: Path | str, name: str = "", preset: str = "", shown: str = ""
) -> Run:
    """Create a finished run from settings and a file of weights, and evaluate it on every split.

    The id of a run is the hash of its settings. If the workspace already holds a run with these settings, the seed, on which
    imported weights do not depend, is increased until the id is free.

    Parameters
    ----------
    workspace
        The workspace to store the run in.
    config
        Settings of the run: those that the weights were trained with. The seed may differ.
    source
        A safetensors file with the model's tensors, by the names of `Autoencoder.state_dict`.
    name
        Name of the run, for people; by default the name of the file.
    preset
        Preset that the settings started from, if known.
    shown
        File name to show in error messages; by default the name of the file.

    Returns
    -------
    Run
        The stored run.

    Raises
    ------
    UploadRejected
        If a tensor does not fit. The message names the tensor, and nothing is stored.
    UserError
        If the settings do not fit the dataset.
    """
    path = Path(source).expanduser().absolute()
    shown = shown or path.name
    dataset = open_dataset(workspace.dataset_folder(config.dataset))
    with torch.device("meta"):
        expected = Autoencoder(config.model, dataset.fields).state_dict()
    weights = read_weights(path, shown, expected)
    while find_run(workspace, config):
        config = config.replace({"seed": config.seed + 1})
    return create_finished_run(workspace, config, weights, clean_name(name or PurePath(shown).stem), preset)


def export_weights(run: Run, target: Path | str) -> Path:
    """Write the tensors of a run's model as one safetensors file, which `import_weights` can read.

    Parameters
    ----------
    run
        A run with weights.
    target
        Path of the file.

    Returns
    -------
    Path
        The absolute path of the file.

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
