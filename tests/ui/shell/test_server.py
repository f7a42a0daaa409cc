"""Routes, memory and settings of the server."""

import gc
import tomllib
from pathlib import Path
from urllib.parse import urljoin

import pytest
import streamlit as st

from aeexplorer.routes.plotlyjs import under_base_path
from aeexplorer.ui.shell.server import freeze_memory, routes
from tests.routes.test_plotlyjs import get


def test_the_routes_are_below_their_own_prefix() -> None:
    paths = {route.path for route in routes()}
    assert len(paths) > 1
    assert {path for path in paths if not path.startswith("/aex/")} == {"/explore"}


@pytest.mark.parametrize("base", ["", "/lab/room"])
def test_the_name_of_the_start_page_redirects_to_the_root(base: str) -> None:
    for query in ("", "?run=r1&colour=a%26b%2Cc"):
        status, headers, _ = get(under_base_path(routes(), base), f"{base}/explore{query}")
        assert status == 307
        assert urljoin(f"{base}/explore", headers["location"]) == f"{base}/{query}"


def test_frozen_objects_are_hidden_from_the_garbage_collector() -> None:
    before = gc.get_freeze_count()
    objects = [[i] for i in range(1000)]
    freeze_memory()
    try:
        assert gc.get_freeze_count() >= before + len(objects)
    finally:
        gc.unfreeze()


def test_no_traceback_is_shown_even_if_the_error_handler_fails() -> None:
    config = tomllib.loads((Path(__file__).parents[3] / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["showErrorLinks"] is False
    for option in ("showErrorDetails", "showErrorLinks"):
        assert st.get_option(f"client.{option}") is not None  # an unknown option raises


def test_unsafe_downloads_of_tables_are_disabled() -> None:
    config = tomllib.loads((Path(__file__).parents[3] / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["client"]["disableDataExport"] is True
    assert st.get_option("client.disableDataExport") in (True, False)  # an unknown option raises
