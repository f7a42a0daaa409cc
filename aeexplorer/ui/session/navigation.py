"""The pages of the app: every file of `pages/` states its title, icon and order in a literal `PAGE`."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from aeexplorer.core.site import site_folder

SITE = site_folder()


@cache
def _descriptions(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the `PAGE` of every script, in their order, without running the scripts."""
    descriptions = {}
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "PAGE":
                descriptions[path.stem] = ast.literal_eval(node.value)
    return dict(sorted(descriptions.items(), key=lambda item: item[1]["order"]))


def page(name: str) -> Any:
    """Return Streamlit's page object of a script, named without its ending; the first page is the start page."""
    description = _descriptions(SITE / "pages")[name]
    return st.Page(
        SITE / "pages" / f"{name}.py",
        title=description["title"],
        icon=description["icon"],
        url_path=name,
        default=name == start(),
    )


def start() -> str:
    """Return the name of the start page, which stands at the root of the site."""
    return next(iter(_descriptions(SITE / "pages")))


def pages() -> list[Any]:
    """Return the page objects of all pages, in their order."""
    return [page(name) for name in _descriptions(SITE / "pages")]
