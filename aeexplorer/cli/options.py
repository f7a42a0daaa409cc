"""``--set FIELD=VALUE``."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import typer

from aeexplorer.core.errors import UserError

if TYPE_CHECKING:
    from aeexplorer.data.dataset import Dataset
    from aeexplorer.training.config import RunConfig


def assignments(texts: list[str]) -> dict[str, str]:
    """``["model.latent_dim=16"]`` → ``{"model.latent_dim": "16"}``; raises `UserError` for something without a ``=``."""
    found = {}
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals or not field.strip():
            raise UserError(f"--set {text!r} is not FIELD=VALUE", "Write for example --set training.epochs=5")
        found[field.strip()] = value.strip()
    return found


def say_without_effect(config: "RunConfig", dataset: "Dataset", given: Iterable[str], free: Collection[str] = ()) -> None:
    """A line on standard error for each of the given settings that changes nothing, see `settings_without_effect`."""
    from aeexplorer.core.settings import settings_without_effect
    from aeexplorer.models.autoencoder import resolve_automatic

    idle = settings_without_effect(config.leaves(), resolve_automatic(dataset.fields), free, config.conditional_groups())
    for path in map(config.full_path, given):
        if path in idle:
            typer.echo(f"Note: {idle[path]}.", err=True)
