"""Every module of our components is served under a name that changes with its content."""

import pytest

from aeexplorer.routes.modules import ROUTES, folder_of, loader_of
from tests.routes.test_plotlyjs import get


@pytest.mark.parametrize("component", ["films", "surgery"])
def test_modules_and_styles_are_cached_for_good(component: str) -> None:
    status, headers, body = get(ROUTES, f"/aex/{folder_of(component)}/main.js")
    assert status == 200
    assert b"export default" in body
    assert "immutable" in headers["cache-control"]
    assert f"{folder_of(component)}/main.js" in loader_of(component)
    assert get(ROUTES, f"/aex/{folder_of(component)}/../modules.py")[0] == 404
