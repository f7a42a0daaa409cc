"""Explore on a run with more samples than its map shows: visible and selected samples are added to the map."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.maps.detail import positions_on_plane
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.bench.served import train_large_run
from aeexplorer.core.workspace import Workspace
from aeexplorer.ui.session.selection import to_text
from tests.pages.studio import Studio

COUNT = 12_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    workspace = Workspace.open(tmp_path_factory.mktemp("crowd"))
    return Studio(workspace, {"crowd": train_large_run(workspace, COUNT)})


def caption(at: AppTest) -> str:
    """Return the caption of the map in the bytes for the browser."""
    sent = [element.proto.bytes for element in at.get("bidi_component")]
    (figure,) = (part for part in sent if b'"key":"explore-map"' in part)
    match = re.search(rb'"caption":"([^"]*)"', figure)
    assert match
    return match[1].decode()


def test_the_map_shows_more_samples_in_the_visible_area(large: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(large.workspace.root))
    run = large.runs["crowd"]
    at = large.open("explore", run=run.id, method="pca")
    assert caption(at).startswith(f"zoom in to see more samples · showing 10,000 of {COUNT:,}")

    projection = compute_projection(run, "pca")
    positions = positions_on_plane(run, projection)
    assert positions is not None
    (left, bottom), (right, top) = (np.quantile(positions, share, axis=0).tolist() for share in (0.3, 0.7))
    area = {"revision": f"{run.id}:pca:2", "x": [left, right], "y": [bottom, top]}
    at.session_state["explore-map"] = {"sight": area}
    at.run()
    inside = ((positions >= (left, bottom)) & (positions <= (right, top))).all(1).sum()
    assert caption(at).startswith(f"showing all {inside:,} here · showing ")

    at.session_state["explore-map"] = {"sight": area | {"revision": "another map"}}
    at.run()
    assert caption(at).startswith("zoom in")

    missing = np.setdiff1d(np.arange(COUNT), projection.ids)[:30].astype(np.int32)
    selected = large.open("explore", run=run.id, method="pca", selection=to_text(missing, run.folder / "selections"))
    assert caption(selected).startswith(f"showing 10,030 of {COUNT:,}")

    assert caption(large.open("explore", run=run.id, method="pca", most=30_000)).startswith(f"showing all {COUNT:,}")
