"""Explore on a run of more samples than its map shows: more points, and what is in sight or selected, are brought in."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.maps.detail import positions_on_plane
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.bench.served import crowd_run
from aeexplorer.core.workspace import Workspace
from aeexplorer.ui.session.selection import to_text
from tests.pages.studio import Studio

COUNT = 12_000


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    workspace = Workspace.open(tmp_path_factory.mktemp("crowd"))
    return Studio(workspace, {"crowd": crowd_run(workspace, COUNT)})


def caption(at: AppTest) -> str:
    """What the map says below it, in the bytes that the browser gets."""
    sent = [element.proto.bytes for element in at.get("bidi_component")]
    (figure,) = (part for part in sent if b'"key":"explore-map"' in part)
    found = re.search(rb'"caption":"([^"]*)"', figure)
    assert found
    return found[1].decode()


def test_more_comes_in_where_a_person_looks(crowd: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(crowd.workspace.root))
    run = crowd.runs["crowd"]
    at = crowd.open("explore", run=run.id, method="pca")
    assert caption(at).startswith(f"zoom in to see more samples · showing 10,000 of {COUNT:,}")

    made = compute_projection(run, "pca")
    positions = positions_on_plane(run, made)
    assert positions is not None
    (left, bottom), (right, top) = (np.quantile(positions, share, axis=0).tolist() for share in (0.3, 0.7))
    sight = {"revision": f"{run.id}:pca:2", "x": [left, right], "y": [bottom, top]}
    at.session_state["explore-map"] = {"sight": sight}
    at.run()
    inside = ((positions >= (left, bottom)) & (positions <= (right, top))).all(1).sum()
    assert caption(at).startswith(f"showing all {inside:,} here · showing ")

    at.session_state["explore-map"] = {"sight": sight | {"revision": "another map"}}
    at.run()
    assert caption(at).startswith("zoom in")

    absent = np.setdiff1d(np.arange(COUNT), made.ids)[:30].astype(np.int32)
    chosen = crowd.open("explore", run=run.id, method="pca", selection=to_text(absent, run.folder / "selections"))
    assert caption(chosen).startswith(f"showing 10,030 of {COUNT:,}")

    assert caption(crowd.open("explore", run=run.id, method="pca", most=30_000)).startswith(f"showing all {COUNT:,}")
