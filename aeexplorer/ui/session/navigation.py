"""The pages of the app. Every script in `pages/` defines its title, icon and order in a literal `PAGE`."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from aeexplorer.core.site import site_folder

SITE = site_folder()


@cache
def _descriptions(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the `PAGE` of every script by its name, in page order. The scripts are parsed, not run."""
    descriptions = {}
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "PAGE":
                descriptions[path.stem] = ast.literal_eval(node.value)
    return dict(sorted(descriptions.items(), key=lambda item: item[1]["order"]))


def page(name: str) -> Any:
    """Return the Streamlit page of the script with this name (without suffix). The first page is the default page."""
    description = _descriptions(SITE / "pages")[name]
    return st.Page(
        SITE / "pages" / f"{name}.py",
        title=description["title"],
        icon=description["icon"],
        url_path=name,
        default=name == start(),
    )


def start() -> str:
    """Return the name of the start page, which is at the root of the site."""
    return next(iter(_descriptions(SITE / "pages")))


def pages() -> list[Any]:
    """Return the Streamlit pages of all scripts, in page order."""
    return [page(name) for name in _descriptions(SITE / "pages")]
