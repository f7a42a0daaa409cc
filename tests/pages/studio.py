"""The app on a workspace, without a browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamlit.testing.v1 import AppTest

from aeexplorer.core.site import pages_folder
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run
from aeexplorer.ui.shell.server import SCRIPT

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Studio:
    """A workspace for the app; tests may change it."""

    workspace: Workspace
    runs: Mapping[str, Run]

    def open(self, page: str, **address: Any) -> AppTest:
        """Run the app on a page with these parameters in the address."""
        at = AppTest.from_file(SCRIPT, default_timeout=TIMEOUT_SECONDS)
        at.switch_page(str(pages_folder() / f"{page}.py"))
        for name, value in address.items():
            at.query_params[name] = str(value)
        at.run()
        assert not at.exception
        return at
