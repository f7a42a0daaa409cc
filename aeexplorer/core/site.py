"""Locations of app.py, pages/ and assets/: inside the installed package, or in the checkout around it."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def site_folder() -> Path:
    """Return the folder that holds ``app.py``, ``pages/``, ``assets/`` and ``.streamlit/``."""
    installed = _PACKAGE / "_site"
    return installed if installed.is_dir() else _PACKAGE.parent


def pages_folder() -> Path:
    """Return the folder of the Streamlit pages."""
    return site_folder() / "pages"


def assets_folder() -> Path:
    """Return the folder of the logo and the demo runs."""
    return site_folder() / "assets"
