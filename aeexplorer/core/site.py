"""Where app.py, pages/ and assets/ are: inside the package of a wheel, else in the checkout around it."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def site_folder() -> Path:
    """The folder that holds ``app.py``, ``pages/``, ``assets/`` and ``.streamlit/``."""
    installed = _PACKAGE / "_site"
    return installed if installed.is_dir() else _PACKAGE.parent


def pages_folder() -> Path:
    """The folder of the Streamlit pages."""
    return site_folder() / "pages"


def assets_folder() -> Path:
    """The folder of logo and demo runs."""
    return site_folder() / "assets"
