"""A training step on a fake CUDA device, without any GPU.

Fake tensors have shapes and a device, but no values. So the tests detect tensors on another device, and operations that wait
for a value of a tensor, which would make the GPU and the CPU wait for each other at every step. The masks of missing fields
are an example: reading one of their values would wait.
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
"""Presets with a gradient inside their loss, which needs the driver of a device."""


@pytest.fixture
def fake_cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def stay(module: torch.nn.Module, *_: object) -> torch.nn.Module:
        return module  # fake weights are created on the device: they cannot be moved

    monkeypatch.setattr(torch.nn.Module, "to", stay)
    with FakeTensorMode(allow_non_fake_inputs=True), torch.backends.cudnn.flags(enabled=False):
        yield


def compute_loss_twice(preset: str, dataset: Dataset) -> None:
    """Compute the loss twice, because the first batch initialises the codebooks."""
    with CUDA:
        trainer = prepare(config_for(preset, dataset, {"training.precision": "float32"}), dataset, CUDA)
    trainer.model.train()
    raw = {name: data[:16] for name, data in trainer.data.items()}
    for _ in range(2):
        loss, sums = compute_loss(trainer.model, raw, 0.5)
    assert {value.device for value in (loss, *sums.values())} == {CUDA}


@pytest.mark.usefixtures("fake_cuda")
@pytest.mark.parametrize("preset", sorted(set(presets()) - DIFFERENTIATES - {"word-dropout-ae"}))
def test_every_preset_stays_on_the_device_without_synchronising(preset: str, dataset: Dataset) -> None:
    try:
        compute_loss_twice(preset, dataset)
    except RuntimeError as error:
        if preset != "recurrent-ae" or "NVIDIA driver" not in str(error):
            raise
        pytest.skip("this build of PyTorch computes recurrent layers of fake tensors with the driver of a device")


@pytest.mark.usefixtures("fake_cuda")
@pytest.mark.parametrize("name", ["wine", "captions", "heartbeats", "tones", "moving-shapes"])
def test_every_modality_stays_on_the_device_without_synchronising(name: str, workspace: Workspace) -> None:
    sample = load_builtin_dataset(workspace, name)
    for preset in set(presets_for(sample.main_field)) & {"dense-ae", "conv-ae", "vae", "word-dropout-ae"}:
        compute_loss_twice(preset, sample)


@pytest.mark.usefixtures("fake_cuda")
def test_the_fake_device_detects_other_devices_and_synchronisation() -> None:
    x = torch.ones(3, device=CUDA)
    with pytest.raises(RuntimeError, match="device"):
        x + torch.ones(3)
    with pytest.raises(DataDependentOutputException):
        bool(x.sum() > 0)
