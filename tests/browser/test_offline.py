"""The offline page in a real Chromium, opened from disk with the network off."""

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page

from aeexplorer.analysis.decoding import decode
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.runs.citation import cite
from aeexplorer.analysis.runs.comparison import quick_map
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.exchange.offline.page import offline_page
from aeexplorer.exchange.offline.program import OPERATIONS, trace_decoder
from aeexplorer.training.run import Run
from tests.exchange.offline.making import HOSTILE, hostile_run
from tests.exchange.offline.test_program import MODELS, untrained

ENGINE = Path(offline_page.__code__.co_filename).parent / "static" / "engine.js"
RUN = """([steps, constants, latent]) => Array.from(
  runProgram(steps, constants.map(({ shape, data }) => array(shape, Float32Array.from(data))), latent).data)"""


@pytest.fixture
def offline(browser: Browser) -> Iterator[Page]:
    """A window without a network; the test fails if its page raised an error, logged one or opened a dialog."""
    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 700})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    yield opened
    context.close()
    assert problems == []


def opened(offline: Page, run: Run, folder: Path, made: Projection | None = None) -> Page:
    made = made or quick_map(run)
    path = folder / "page.html"
    path.write_bytes(offline_page(run, made, "label", cite(run, made, "label", datetime.date(2026, 1, 2))))
    offline.goto(path.as_uri())
    offline.wait_for_selector("body[data-ready]")
    return offline


def test_the_engine_gives_what_torch_gives(offline: Page, dataset: Dataset) -> None:
    offline.add_script_tag(content=ENGINE.read_text())
    assert set(offline.evaluate("Object.keys(OPERATIONS)")) == OPERATIONS | {"getitem"}
    for preset, changes in MODELS:
        model = untrained(dataset, preset, changes)
        program = trace_decoder(model, "image")
        latent = torch.randn(1, model.bottleneck.latent_dim)
        constants = [{"shape": list(c.shape), "data": c.flatten().tolist()} for c in program.constants]
        found = offline.evaluate(RUN, [[step.to_json() for step in program.steps], constants, latent[0].tolist()])
        assert np.abs(np.array(found) - program(latent).flatten().numpy()).max() < 1e-4, preset


def test_it_decodes_what_the_model_decodes_and_names_stay_text(offline: Page, workspace: Workspace, tmp_path: Path) -> None:
    run = hostile_run(workspace)
    page = opened(offline, run, tmp_path)
    assert page.inner_text("#title") == f"{HOSTILE[1]} · {HOSTILE[0]}"
    assert sorted(page.locator("#legend button").all_inner_texts()) == sorted(HOSTILE)

    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.move(box["x"] + 8, box["y"] + 8)  # a corner, without points
    page.wait_for_function("document.querySelector('#message').textContent.startsWith('Decoded at')")
    position = page.evaluate("aeexplorer.map.positionAt(8, 8)")
    wanted = decode(run, np.array([position], np.float32))["image"][0]
    shown = page.evaluate("""() => {
      const canvas = document.querySelector("#decoded canvas");
      return Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
    }""")
    pixels = np.array(shown).reshape(7, 5, 4)[..., :3]
    assert np.abs(pixels - wanted.transpose(1, 2, 0).astype(int)).max() <= 2

    page.locator("#legend button", has_text=HOSTILE[2]).click()
    ids = page.eval_on_selector_all("#gallery canvas", "all => all.map((one) => Number(one.dataset.sample))")
    assert ids == [i for i in range(run.dataset.n) if i % len(HOSTILE) == 2]
    thumbnail = page.eval_on_selector(
        "#gallery canvas", "one => Array.from(one.getContext('2d').getImageData(0, 0, one.width, one.height).data)"
    )
    picture = run.dataset.main_field.array[ids[0]].transpose(1, 2, 0)
    assert np.array_equal(np.array(thumbnail).reshape(7, 5, 4)[..., :3], picture)

    page.select_option("#colour", "depth")
    page.keyboard.press("Escape")
    centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    path = [(centre[0] + x * box["width"] * 0.49, centre[1] + y * box["height"] * 0.49) for x, y in corners]
    page.mouse.move(*path[0])
    page.mouse.down()
    for place in path[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    assert page.inner_text("#count") == "40 selected"


def test_on_a_map_that_is_no_plane_it_decodes_the_mean_of_the_nearest(offline: Page, trained, tmp_path: Path) -> None:
    run = trained.runs["vq"]
    page = opened(offline, run, tmp_path, replace(quick_map(run), method="umap", plane=None))
    made = quick_map(run)
    for position in ([0.5, -0.5], [3.0, 2.0]):
        near = np.argsort(np.square(made.xy - position).sum(1))[:5]
        found = np.array(page.evaluate("(at) => Array.from(aeexplorer.latentAt(at))", position))
        assert np.abs(found - run.latents(made.ids[near]).mean(0)).max() < 2e-3
