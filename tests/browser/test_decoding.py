"""In a real browser, the picture under the pointer is what the model decodes there, on the slice that three samples span."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page

from aeexplorer.analysis.decoding import decode
from aeexplorer.analysis.maps.projection import cached_projection
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import open_run
from tests.browser.serving import ROOT, Server, settle

pytestmark = pytest.mark.xdist_group("browser")
CARD = '[data-chart="explore-map"] .aex-card'
PIXELS = f"""() => {{
  const image = document.querySelector("{CARD.replace('"', chr(39))} img");
  const canvas = Object.assign(document.createElement("canvas"), {{ width: image.naturalWidth, height: image.naturalHeight }});
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [image.naturalHeight, image.naturalWidth, [...context.getImageData(0, 0, canvas.width, canvas.height).data]];
}}"""


def test_the_place_under_the_pointer_is_decoded(
    page: Page, app_server: Callable[..., Server], trained: Any, tmp_path: Path
) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(trained.workspace.root, root)
    run = open_run(Workspace.open(root), trained.runs["vq"].id)
    name = "slice-12-88-3"
    page.goto(f"{app_server(ROOT / 'app.py', root).url}/?run={run.id}&method={name}")
    page.wait_for_selector('[data-chart="explore-map"][data-drawn]', timeout=60_000)
    settle(page)
    box = page.locator('[data-chart="explore-map"] .nsewdrag').first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, box["y"] + 12)
    page.mouse.move(box["x"] + 6, box["y"] + 6, steps=4)
    page.wait_for_selector(f"{CARD} img")
    asked = parse_qs(urlsplit(page.get_attribute(CARD, "data-url") or "").query)
    assert asked["plane"] == [name]
    made = cached_projection(run, name)
    assert made is not None
    place = np.float32([[float(asked["x"][0]), float(asked["y"][0])]])
    expected = decode(run, made.latents_at(place))["image"][0, 0]
    height, width, data = page.evaluate(PIXELS)
    shown = np.array(data, np.uint8).reshape(height, width, 4)[:: height // 8, :: width // 8, 0]
    assert np.abs(shown.astype(int) - expected).max() <= 1
