"""The zoom of the map in the address: over lasso, colours and a reload, gone with the projection, in what is shared."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.demo import install_demo
from tests.browser.serving import ROOT, Server, settle, wait_until

pytestmark = pytest.mark.xdist_group("browser")
MAP = '[data-chart="explore-map"]'
RANGES = f"""() => {{
  const {{ xaxis, yaxis }} = document.querySelector('{MAP} .aex-plot')._fullLayout;
  return [...xaxis.range, ...yaxis.range];
}}"""
CAMERA = f"""() => {{
  const {{ eye }} = document.querySelector('{MAP} .aex-plot')._fullLayout.scene._scene.getCamera();
  return [eye.x, eye.y, eye.z];
}}"""
IN_ADDRESS = "(wanted) => new URLSearchParams(location.search).has('zoom') === wanted"


def address(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def numbers(page: Page) -> list[float]:
    return [float(number) for number in address(page)["zoom"].split(",")[1:]]


def drawn(page: Page, act: Callable[[], object]) -> None:
    """Do `act` and wait until the map has drawn what is new."""
    before = page.get_attribute(MAP, "data-drawn")
    act()
    page.wait_for_selector(f'{MAP}[data-drawn]:not([data-drawn="{before}"])', timeout=60_000)
    settle(page)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(f"{MAP}[data-drawn]", timeout=60_000)
    settle(page)


def zoomed(page: Page) -> list[float]:
    """Turn the wheel over the middle of the map; the numbers that the address then has."""
    before = address(page).get("zoom")
    page.locator(f"{MAP} .aex-plot").hover()
    page.mouse.wheel(0, -300)
    wait_until(page, "(before) => new URLSearchParams(location.search).get('zoom') !== before", arg=before)
    return numbers(page)


def lasso(page: Page) -> None:
    box = page.locator(f"{MAP} .nsewdrag").first.bounding_box()
    assert box is not None
    left, right = box["x"] + box["width"] * 0.3, box["x"] + box["width"] * 0.6
    top, low = box["y"] + box["height"] * 0.3, box["y"] + box["height"] * 0.7
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, low), (left, low), (left, top)):
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


def test_the_zoom_is_in_the_address(page: Page, app_server: Callable[..., Server], tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    run = next(run for run in install_demo(workspace) if run.codes is None)
    server = app_server(ROOT / "app.py", workspace.root)
    url = f"{server.url.replace('127.0.0.1', 'elsewhere.localhost')}/?run={run.id}"
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    opened(page, f"{url}&method=pca&zoom=<b>,NaN,1e999,0,0")
    whole = page.evaluate(RANGES)

    asked = len(sent)
    seen = zoomed(page)
    assert seen == pytest.approx(page.evaluate(RANGES), abs=0.01)
    assert seen[1] - seen[0] < 0.95 * (whole[1] - whole[0])
    assert len(sent) == asked
    lasso(page)
    page.wait_for_url("**selection=**")
    page.get_by_role("combobox", name="Colour").click()
    drawn(page, lambda: page.get_by_role("option", name="split").click())
    before = address(page)
    assert (before["colour"], numbers(page)) == ("split", seen)
    selected = page.get_attribute(MAP, "data-selected")
    assert selected

    opened(page, page.url)
    page.wait_for_selector(f'{MAP}[data-selected="{selected}"]')
    wait_until(page, f"(left) => Math.abs(({RANGES})()[0] - left) < 0.01", arg=seen[0])
    assert page.evaluate(RANGES)[:2] == pytest.approx(seen[:2], abs=0.01)
    assert address(page) == before
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("Data: digits")).to_contain_text(f"zoom={before['zoom'].replace(',', '%2C')}")
    page.get_by_role("button", name="Share").click()

    page.locator(MAP).hover()
    page.locator(f'{MAP} [data-title="Reset axes"]').click()
    wait_until(page, IN_ADDRESS, arg=False)
    left, right, *_ = page.evaluate(RANGES)
    assert right - left > seen[1] - seen[0]

    again = zoomed(page)
    drawn(page, lambda: page.get_by_role("radio", name="Latents").click())
    wait_until(page, IN_ADDRESS, arg=False)
    page.go_back()
    wait_until(page, f"(left) => Math.abs(({RANGES})()[0] - left) < 0.01", arg=again[0])

    opened(page, f"{url}&method=pca&dims=3")
    far = page.evaluate(CAMERA)[0]
    near = zoomed(page)[0]
    assert near < far
    opened(page, page.url)
    wait_until(page, f"(near) => Math.abs(({CAMERA})()[0] - near) < 0.01", arg=near)
