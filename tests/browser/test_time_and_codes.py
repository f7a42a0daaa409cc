"""The time machine and the surgery in a real browser: scrub, and change a code."""

import base64
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from aeexplorer.analysis.codes.surgery import parse_edits
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.demo import install_demo
from aeexplorer.views.pictures.surgery import edited_card
from tests.browser.serving import ROOT, Server, settle

pytestmark = pytest.mark.xdist_group("browser")


def address(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def painted(page: Page, canvas: str) -> bytes:
    return base64.b64decode(page.locator(canvas).evaluate("(node) => node.toDataURL().split(',')[1]"))


def test_scrub_through_the_training_and_change_a_code(page: Page, app_server: Callable[..., Server], tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    run = next(run for run in install_demo(workspace) if run.codes is not None)
    url = f"{app_server(ROOT / 'app.py', workspace.root).url}/?run={run.id}&method=pca"

    page.goto(f"{url}&panel=training")
    film, when = page.locator(".aex-film"), page.locator(".aex-film-head strong")
    steps = [int(path.stem) for path in run.snapshots()]
    page.wait_for_selector(f'.aex-film[data-step="{steps[-1]}"]')
    expect(when).to_contain_text(f"Step {steps[-1]:,}")
    before = [painted(page, f".aex-film-{part}") for part in ("map", "codes", "pictures")]
    page.get_by_role("slider", name="Moment of the training").fill("3")
    page.wait_for_selector(f'.aex-film[data-step="{steps[3]}"]')
    expect(when).to_contain_text(f"Step {steps[3]:,}")
    after = [painted(page, f".aex-film-{part}") for part in ("map", "codes", "pictures")]
    assert all(one != other for one, other in zip(before, after, strict=True))
    film.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f'.aex-film[data-step="{steps[2]}"]')
    page.wait_for_url(f"**moment={steps[2]}**")
    page.reload()
    page.wait_for_selector(f'.aex-film[data-step="{steps[2]}"]')
    page.get_by_role("combobox", name="Moments a second").select_option("16")
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector(f'.aex-film[data-step="{steps[-1]}"]')
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # it has stopped by itself

    page.goto(f"{url}&panel=codebook&book=surgery&patient=7")
    board = page.locator(".aex-surgery")
    page.wait_for_selector('.aex-surgery[data-shown=""]')
    place, code = 6, (int(np.asarray(run.codes)[7, 6]) + 1) % 32
    page.get_by_role("button", name=f"place {place}, code").click()
    page.locator(f'.aex-surgery-palette [data-code="{code}"]').click()
    edits = f"{place}:{code}"
    page.wait_for_selector(f'.aex-surgery[data-shown="{edits}"]')
    source = str(page.locator(".aex-surgery-after").get_attribute("src"))
    shown, kept = (Image.open(BytesIO(one)) for one in (base64.b64decode(source.partition(",")[2]), edited_card(run, 7, {})))
    expected = Image.open(BytesIO(edited_card(run, 7, parse_edits(run, edits))))
    assert np.array_equal(np.asarray(shown), np.asarray(expected))
    assert not np.array_equal(np.asarray(shown), np.asarray(kept))
    page.wait_for_url("**edits=**")
    settle(page)
    assert address(page)["edits"] == edits
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector('.aex-surgery[data-shown=""]')
    assert board.get_attribute("data-edits") == ""
