"""The map says how far to believe it: figures below it, names of clusters and shades in it, true neighbours beside it."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from aeexplorer.analysis.maps.clusters import find_clusters
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.demo import demo_ids
from aeexplorer.training.run import open_run
from tests.browser.serving import ROOT, Server, settle

pytestmark = pytest.mark.xdist_group("browser")
MAP = '[data-chart="explore-map"]'
TO_PIXELS = """([x, y]) => {
  const plot = document.querySelector('[data-chart="explore-map"] .aex-plot');
  const { xaxis, yaxis } = plot._fullLayout;
  const corner = plot.getBoundingClientRect();
  return [corner.left + xaxis._offset + xaxis.d2p(x), corner.top + yaxis._offset + yaxis.d2p(y)];
}"""


def test_layers_figures_and_neighbours(page: Page, app_server: Callable[..., Server], tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    server = app_server(ROOT / "app.py", workspace.root)
    run = open_run(workspace, demo_ids()[0])
    page.goto(f"{server.url}/?run={run.id}&method=pca&panel=neighbours&layers=clusters,distortion")
    page.wait_for_selector(f"{MAP}[data-drawn]", timeout=60_000)
    settle(page)
    made = compute_projection(run, "pca")
    expect(page.locator(MAP)).to_contain_text(f"continuity {made.continuity:.2f} · {made.variance:.0%} of the variance")
    for cluster in find_clusters(run, made):
        expect(page.locator(f"{MAP} .annotation-text", has_text=cluster.name).first).to_be_attached()
    expect(page.locator(f"{MAP} .imagelayer image")).to_have_count(1)

    alone = int(np.square(made.xy - made.xy.mean(0)).sum(1).argmax())
    page.mouse.click(*page.evaluate(TO_PIXELS, made.xy[alone].tolist()))
    expect(page.get_by_text(re.compile(f"Nearest to sample {made.ids[alone]} "))).to_be_visible()
    page.get_by_role("button", name="Select these").click()
    page.wait_for_selector(f'{MAP}[data-selected="13"]')
