"""Yours in a real browser: a stroke on the canvas becomes a user sample on the map, with the samples nearest to it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from aeexplorer.training.run import Run
from tests.browser.serving import ROOT, Server, settle, wait_until

pytestmark = pytest.mark.xdist_group("browser")
CANVAS = ".aex-board canvas"
USER_SAMPLES = """() => document.querySelector('[data-chart="explore-map"] .aex-plot').data
  .filter((trace) => trace.name === "yours").flatMap((trace) => Array.from(trace.x))"""


def stroke(page: Page, places: list[tuple[float, float]]) -> None:
    """Draw a line through places that are shares of the canvas."""
    box = page.locator(CANVAS).bounding_box()
    assert box is not None
    path = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*path[0])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


def nearest(page: Page) -> list[int]:
    alt = page.get_by_alt_text(re.compile("The nearest samples")).get_attribute("alt")
    return [int(number) for number in re.findall(r"(\d+) \(", str(alt))]


def test_a_drawing_lands_on_the_map_with_its_neighbours(
    page: Page, app_server: Callable[..., Server], trained: Any, tmp_path: Path
) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(trained.workspace.root, root)
    run: Run = trained.runs["vae"]
    server = app_server(ROOT / "app.py", root)
    page.goto(f"{server.url}/?run={run.id}&method=pca&panel=yours")
    page.wait_for_selector('[data-chart="explore-map"][data-drawn]', timeout=60_000)
    page.wait_for_selector(CANVAS)
    settle(page)
    assert page.evaluate(USER_SAMPLES) == []

    stroke(page, [(0.5, 0.15), (0.5, 0.85)])
    expect(page.get_by_text("Input, reconstruction, difference")).to_be_visible()
    wait_until(page, f"({USER_SAMPLES})().length === 1")
    first = nearest(page)
    labels = run.dataset.labels
    assert labels is not None
    assert len(first) == 8
    assert np.isin(first, run.dataset.ids()).all()

    stroke(page, [(0.2, 0.15), (0.8, 0.15), (0.5, 0.85)])  # the same user sample, changed
    expect(page.get_by_alt_text(re.compile("The nearest samples"))).not_to_have_attribute(
        "alt", re.compile(rf"samples: {first[0]} \(.*, {first[-1]} \(")
    )
    assert len(page.evaluate(USER_SAMPLES)) == 1
    page.get_by_role("button", name="Undo the last stroke").click()
    expect(page.get_by_alt_text(re.compile("The nearest samples"))).to_have_attribute(
        "alt", re.compile(rf"samples: {first[0]} \(.*, {first[-1]} \(")
    )

    page.get_by_role("button", name="Another").click()
    expect(page.get_by_role("button", name="Clear the drawing")).to_be_disabled()
    stroke(page, [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)])
    wait_until(page, f"({USER_SAMPLES})().length === 2")
    settle(page)
    page.get_by_role("button", name="Select the neighbours").click()
    page.wait_for_selector('[data-chart="explore-map"][data-selected="8"]')

    page.get_by_role("button", name="Clear the drawing").click()  # an empty canvas is no user sample
    wait_until(page, f"({USER_SAMPLES})().length === 1")
