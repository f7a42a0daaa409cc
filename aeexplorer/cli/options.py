"""The option ``--set FIELD=VALUE``."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from aeexplorer.cli.console import echo
from aeexplorer.core.errors import UserError

if TYPE_CHECKING:
    from aeexplorer.data.dataset import Dataset
    from aeexplorer.training.config import RunConfig


def parse_assignments(texts: list[str]) -> dict[str, str]:
    """Parse ``["model.latent_dim=16"]`` into ``{"model.latent_dim": "16"}``.

    Raises
    ------
    UserError
        If a text has no ``=`` or no field before it.
    """
    values = {}
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals or not field.strip():
            raise UserError(f"--set {text!r} is not FIELD=VALUE", "Write, for example, --set training.epochs=5")
        values[field.strip()] = value.strip()
    return values


def note_settings_without_effect(
    config: "RunConfig", dataset: "Dataset", paths: Iterable[str], varied: Collection[str] = ()
) -> None:
    """Print a line on standard error for each setting that has no effect.

    Parameters
    ----------
    config
        Settings of the run.
    dataset
        Its dataset.
    paths
        Settings that the user gave, by dotted path.
    varied
        Settings that a search varies, see `aeexplorer.core.settings.settings_without_effect`.
    """
    from aeexplorer.core.settings import settings_without_effect
    from aeexplorer.models.autoencoder import resolve_automatic

    without_effect = settings_without_effect(
        config.leaves(), resolve_automatic(dataset.fields), varied, config.conditional_groups()
    )
    for path in map(config.full_path, paths):
        if path in without_effect:
            echo(f"Note: {without_effect[path]}.", err=True)
