"""What a step computes of a batch on a CUDA device that is only imagined: there need be none.

Its tensors have shapes and a device, but no values. So a tensor that is on another device is found, and so is whatever waits for
a value, which would hold the device up at every step. That is known of samples that lack a field: the device is asked which do.
"""

from collections.abc import Iterator

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.models.fitting import presets_for
from aeexplorer.models.presets import presets
from aeexplorer.training.defaults import config_for
from aeexplorer.training.step import compute_loss
from aeexplorer.training.trainer import prepare

CUDA = torch.device("cuda:0")
DIFFERENTIATES = {"contractive-ae"}
"""The gradient inside their loss needs the driver of a device."""


@pytest.fixture
def imagined(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def stay(module: torch.nn.Module, *_: object) -> torch.nn.Module:
        return module  # imagined weights are made where they stay: they cannot be moved

    monkeypatch.setattr(torch.nn.Module, "to", stay)
    with FakeTensorMode(allow_non_fake_inputs=True), torch.backends.cudnn.flags(enabled=False):
        yield


def measure(preset: str, dataset: Dataset) -> None:
    """Twice, as codebooks begin with the first batch."""
    with CUDA:
        trainer = prepare(config_for(preset, dataset, {"training.precision": "float32"}), dataset, CUDA)
    trainer.model.train()
    raw = {name: data[:16] for name, data in trainer.data.items()}
    for _ in range(2):
        loss, sums = compute_loss(trainer.model, raw, 0.5)
    assert {value.device for value in (loss, *sums.values())} == {CUDA}


@pytest.mark.usefixtures("imagined")
@pytest.mark.parametrize("preset", sorted(set(presets()) - DIFFERENTIATES - {"word-dropout-ae"}))
def test_every_preset_stays_on_the_device_and_never_waits_for_it(preset: str, dataset: Dataset) -> None:
    measure(preset, dataset)


@pytest.mark.usefixtures("imagined")
@pytest.mark.parametrize("name", ["wine", "captions", "heartbeats", "tones", "moving-shapes"])
def test_so_does_every_modality(name: str, workspace: Workspace) -> None:
    sample = load_builtin_dataset(workspace, name)
    for preset in set(presets_for(sample.main_field)) & {"dense-ae", "conv-ae", "vae", "word-dropout-ae"}:
        measure(preset, sample)


@pytest.mark.usefixtures("imagined")
def test_what_meets_another_device_or_waits_is_found() -> None:
    there = torch.ones(3, device=CUDA)
    with pytest.raises(RuntimeError, match="device"):
        there + torch.ones(3)
    with pytest.raises(DataDependentOutputException):
        bool(there.sum() > 0)
