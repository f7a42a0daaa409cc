"""``--set FIELD=VALUE``."""

from aeexplorer.errors import UserError


def assignments(texts: list[str]) -> dict[str, str]:
    """``["model.latent_dim=16"]`` → ``{"model.latent_dim": "16"}``; raises `UserError` for something without a ``=``."""
    found = {}
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals or not field.strip():
            raise UserError(f"--set {text!r} is not FIELD=VALUE", "Write for example --set training.epochs=5")
        found[field.strip()] = value.strip()
    return found
