"""Training loops to compare our `fit` with: a plain loop, Lightning and Keras, with the same model and pictures."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.config import RunConfig

PrepareLoop = Callable[[RunConfig, Dataset, Path], Callable[[], Autoencoder]]
"""Function from settings, a dataset and the folder of its MNIST files to a loop. The loop trains a new model and returns it."""


def mnist_loader(folder: Path, batch_size: int) -> DataLoader[tuple[Tensor, int]]:
    """Load torchvision's MNIST in shuffled batches."""
    from torchvision import transforms
    from torchvision.datasets import MNIST

    return DataLoader(MNIST(folder, train=True, transform=transforms.ToTensor()), batch_size=batch_size, shuffle=True)


def plain(config: RunConfig, dataset: Dataset, folder: Path) -> Callable[[], Autoencoder]:
    """Prepare the plain Dataset + DataLoader loop of many tutorials."""
    torch.manual_seed(config.seed)
    batches = mnist_loader(folder, config.training.batch_size)
    model = Autoencoder(config.model, dataset.fields)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.training.learning_rate)

    def loop() -> Autoencoder:
        model.train()
        for _ in range(config.training.epochs):
            total = 0.0
            for images, _ in batches:
                loss = model({"image": images}).loss.mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(images)
        return model

    return loop


def lightning(config: RunConfig, dataset: Dataset, folder: Path) -> Callable[[], Autoencoder]:
    """Prepare Lightning's trainer, without its extras (logger, checkpoints, progress bar)."""
    import lightning

    class Module(lightning.LightningModule):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.model = Autoencoder(config.model, dataset.fields)

        def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
            return self.model({"image": batch[0]}).loss.mean()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=config.training.learning_rate)

    quiet: dict[str, Any] = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = lightning.Trainer(max_epochs=config.training.epochs, accelerator="cpu", **quiet)
    module, batches = Module(), mnist_loader(folder, config.training.batch_size)

    def loop() -> Autoencoder:
        trainer.fit(module, batches)
        return module.model

    return loop


def keras(config: RunConfig, dataset: Dataset, folder: Path) -> Callable[[], Autoencoder]:
    """Prepare `fit` and Adam of Keras 3 on the torch backend."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    class Module(keras.Model):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.inner = keras.layers.TorchModuleWrapper(Autoencoder(config.model, dataset.fields))
            self.built = True

        def call(self, images: Tensor) -> Tensor:
            loss: Tensor = self.inner.module({"image": images}).loss
            return loss

        def compute_loss(self, x: object, y: object, y_pred: Tensor, *_: object, **__: object) -> Tensor:
            return y_pred.mean()

    module, batches = Module(), mnist_loader(folder, config.training.batch_size)
    module.compile(optimizer=keras.optimizers.Adam(config.training.learning_rate), jit_compile=False)

    def loop() -> Autoencoder:
        module.inner.module.train()
        module.fit(batches, epochs=config.training.epochs, verbose=0, shuffle=False)  # the loader shuffles
        model: Autoencoder = module.inner.module
        return model

    return loop


def installed_peers() -> dict[str, PrepareLoop]:
    """Return the installed peers by name."""
    peers: dict[str, PrepareLoop] = {"lightning": lightning, "keras": keras}
    return {name: prepare for name, prepare in peers.items() if find_spec(name)}
