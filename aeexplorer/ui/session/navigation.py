"""The pages: every file of `pages/` says its title, icon and place in a literal `PAGE`."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from aeexplorer.core.site import site_folder

SITE = site_folder()


@cache
def _described(folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "PAGE":
                found[path.stem] = ast.literal_eval(node.value)
    return dict(sorted(found.items(), key=lambda item: item[1]["order"]))


def page(name: str) -> Any:
    """Streamlit's page object of the file of that name, without ending; the first page is the start page."""
    said = _described(SITE / "pages")[name]
    return st.Page(
        SITE / "pages" / f"{name}.py",
        title=said["title"],
        icon=said["icon"],
        url_path=name,
        default=name == start(),
    )


def start() -> str:
    """The file name, without ending, of the page that stands at the root of the site."""
    return next(iter(_described(SITE / "pages")))


def pages() -> list[Any]:
    """The page objects of all pages, in their order."""
    return [page(name) for name in _described(SITE / "pages")]
