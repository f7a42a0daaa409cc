"""Tests of the route that decodes a sample with other codes."""

from urllib.parse import quote

import pytest

from aeexplorer.views.pictures.surgery import edited_card
from tests.routes.test_cards import get


@pytest.fixture(autouse=True)
def _workspace(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(trained.workspace.root))


def test_edits_are_decoded_and_invalid_edits_are_refused(trained) -> None:
    run = trained.runs["vq"]
    base = f"/aex/runs/{run.id}/samples/3/edited.png"
    status, headers, body = get(f"{base}?edits={quote('0:4,5:9')}")
    assert (status, headers["content-type"]) == (200, "image/png")
    assert body == edited_card(run, 3, {0: 4, 5: 9})
    assert get(base)[2] == edited_card(run, 3, {})
    assert get(f"{base}?edits=0:48")[0] == 404
    assert get(f"{base}?edits=zero")[0] == 404
    assert get(f"/aex/runs/{run.id}/samples/99999/edited.png")[0] == 404
    assert get(f"/aex/runs/{trained.runs['vae'].id}/samples/3/edited.png")[0] == 404
