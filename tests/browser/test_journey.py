"""The main job in a real browser: bring a zip, train, lasso, look into the codebook, reload."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from aeexplorer.analysis.codes.codebook import usage
from aeexplorer.analysis.maps.projection import cached_projection
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run, open_run
from aeexplorer.ui.session.selection import from_text
from tests.browser.serving import ROOT, Server, settle

pytestmark = pytest.mark.xdist_group("browser")
COUNT = 240
TO_PIXELS = """([chart, places]) => {
  const plot = document.querySelector(`[data-chart="${chart}"] .aex-plot`);
  const { xaxis, yaxis } = plot._fullLayout;
  const corner = plot.getBoundingClientRect();
  return places.map(([x, y]) => [corner.left + xaxis._offset + xaxis.d2p(x), corner.top + yaxis._offset + yaxis.d2p(y)]);
}"""

HEIGHT = """(chart) => {
  const [low, high] = document.querySelector(`[data-chart="${chart}"] .aex-plot`)._fullLayout.yaxis.range;
  return [low + (high - low) * 0.01, high - (high - low) * 0.01];
}"""


def zip_of_pictures() -> bytes:
    """Bright bars on dark ground: lying ones in one folder, standing ones in another."""
    rng = np.random.default_rng(0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(COUNT):
            picture = rng.integers(0, 30, (12, 12), np.uint8)
            at = int(rng.integers(1, 9))
            picture[(slice(at, at + 3), slice(None)) if i % 2 else (slice(None), slice(at, at + 3))] = rng.integers(160, 255)
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "PNG")
            archive.writestr(f"{'lying' if i % 2 else 'standing'}/{i:03d}.png", file.getvalue())
    return out.getvalue()


def address(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def drawn(page: Page, chart: str) -> None:
    page.wait_for_selector(f'[data-chart="{chart}"][data-drawn]', timeout=60_000)


def selected_in(page: Page, chart: str, count: int) -> None:
    page.wait_for_selector(f'[data-chart="{chart}"][data-selected="{count}"]')


def drag(page: Page, chart: str, places: list[tuple[float, float]]) -> None:
    """Press the mouse at the first place, in data coordinates, go through all and let go at the last."""
    path = page.evaluate(TO_PIXELS, [chart, places])
    page.mouse.move(*path[0])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()


def gap(values: np.ndarray, start: float, end: float) -> float:
    """The middle of the widest gap between values of those quantiles: no mark lies close to it."""
    ordered = np.sort(values)[int(start * len(values)) : int(end * len(values))]
    widest = int(np.diff(ordered).argmax())
    return float(ordered[widest : widest + 2].mean())


def selection_of(page: Page, run: Run) -> list[int]:
    ids = from_text(address(page).get("selection", ""), run.folder / "selections")
    assert ids is not None
    return ids.tolist()


def bring(page: Page) -> None:
    """Upload the zip and store it."""
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_text("Your own files").wait_for()
    upload = {"name": "bars.zip", "mimeType": "application/zip", "buffer": zip_of_pictures()}
    page.locator("input[type=file]").first.set_input_files(upload)  # type: ignore[arg-type]
    page.get_by_role("button", name="Add this dataset").click(timeout=60_000)
    page.get_by_role("button", name="Train on this").click(timeout=60_000)


def train(page: Page) -> str:
    """Train a small VQ-VAE on what is chosen, wait until it has finished; the run's id."""
    page.get_by_role("radio", name="VQ-VAE", exact=True).click()
    for label, value in (("Codebook size", "16"), ("Epochs", "12")):
        page.get_by_role("spinbutton", name=label).fill(value)
        page.get_by_role("spinbutton", name=label).press("Enter")
        settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Explore this run").wait_for(timeout=180_000)
    return address(page)["run"]


def test_from_a_zip_to_a_linked_latent_space(page: Page, app_server: Callable[..., Server], tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    server = app_server(ROOT / "app.py", workspace.root)
    page.goto(server.url)
    drawn(page, "explore-map")  # the demo: something to see at once
    bring(page)
    run = open_run(workspace, train(page))
    assert run.dataset.label_names == ["lying", "standing"]
    assert run.dataset.n == COUNT

    page.get_by_role("button", name="Explore this run").click()
    page.get_by_role("radio", name="PCA").click()
    drawn(page, "explore-map")
    settle(page)
    expect(page).to_have_url(re.compile("method=pca"))

    made = cached_projection(run, "pca")
    assert made is not None
    low, high = gap(made.xy[:, 0], 0.2, 0.4), gap(made.xy[:, 0], 0.5, 0.8)
    bottom, top = page.evaluate(HEIGHT, "explore-map")
    inside = made.ids[(made.xy[:, 0] > low) & (made.xy[:, 0] < high)].tolist()
    drag(page, "explore-map", [(low, bottom), (low, top), (high, top), (high, bottom), (low, bottom)])
    selected_in(page, "explore-map", len(inside))
    selected_in(page, "explore-errors", len(inside))
    expect(page.get_by_text(f"{len(inside)} of {COUNT} selected")).to_be_visible()
    settle(page)
    assert selection_of(page, run) == inside
    alt = page.get_by_alt_text(re.compile("inputs above")).get_attribute("alt")
    shown = [int(number) for number in re.findall(r"\d+", str(alt).partition(":")[0])]
    assert shown
    assert set(shown) <= set(inside)

    page.get_by_role("radio", name="Model").click()
    page.get_by_role("tab", name="Codebook").click()
    drawn(page, "explore-codes")
    settle(page)
    bar = 2
    shown_usage = usage(run, sample_ids(run.dataset))
    code = int(shown_usage.order[bar])
    assert run.codes is not None
    using = np.flatnonzero((run.codes == code).any(1)).tolist()
    ((x, y),) = page.evaluate(TO_PIXELS, ["explore-codes", [[bar, float(shown_usage.counts[code]) / 2]]])
    page.mouse.click(x, y)
    selected_in(page, "explore-map", len(using))
    selected_in(page, "explore-codes", len(using))
    expect(page.get_by_text(f"{len(using)} samples use it")).to_be_visible()
    settle(page)
    assert selection_of(page, run) == using
    assert address(page)["code"] == str(code)

    before = address(page)
    page.reload()
    drawn(page, "explore-map")
    selected_in(page, "explore-map", len(using))
    selected_in(page, "explore-codes", len(using))
    expect(page.get_by_text(f"{len(using)} samples use it")).to_be_visible()
    settle(page)
    assert address(page) == before
