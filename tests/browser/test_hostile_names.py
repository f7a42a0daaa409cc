"""Names, labels and columns that are markup are shown as they are written, on every page, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Dialog, Page

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.data.texts import Vocabulary, pad_ids
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run
from tests.browser.serving import ROOT, Server, settle

pytestmark = pytest.mark.xdist_group("browser")
EVIL = "<img src=x onerror=alert(1)>"
N = 60


def filled(root: Path) -> tuple[Workspace, list[Run], str]:
    """A workspace whose every text is markup: two runs of pictures, one of texts, and a table."""
    workspace = Workspace.open(root)
    rng = np.random.default_rng(0)
    beside = {"label": [EVIL, f"{EVIL} two"] * (N // 2), "source": [EVIL] * N, EVIL: [EVIL, "b", "c"] * (N // 3)}
    split = np.arange(N, dtype=np.int8) % 3
    pictures = NewField("image", rng.integers(0, 255, (N, 1, 8, 8), np.uint8), {})
    dataset = create_dataset(workspace, EVIL, {"image": pictures}, pa.table(beside), split, (EVIL,))
    values = np.stack([rng.normal(size=N), rng.integers(0, 2, N)], 1).astype(np.float32)
    columns = with_statistics(values, [column(EVIL), column("kind", (EVIL, "other"))], split == 0)
    rows = NewField("tabular", values, {"columns": columns})
    table = create_dataset(workspace, f"{EVIL} table", {"table": rows}, pa.table(beside), split)
    written = [f"{EVIL} {i}" for i in range(N)]
    vocabulary = Vocabulary.from_texts(written, "characters", 64)
    sentences = NewField("text", pad_ids(vocabulary.encode(written), 40)[0], vocabulary.meta)
    texts = create_dataset(workspace, f"{EVIL} texts", {"text": sentences}, pa.table(beside), split)
    runs = []
    for seed, of in enumerate((dataset, dataset, texts)):
        quick = {"model.network": "dense", "model.latent_dim": 2, "training.epochs": 1, "seed": seed}
        runs.append(create_run(workspace, config_for("dense-ae", of, quick), EVIL, "dense-ae"))
        train(runs[-1], "cpu")
        compute_projection(runs[-1], "pca")
    catalogue = open_catalogue(workspace)
    for made in (dataset, table, texts):
        catalogue.add_dataset(made.folder)
    for run in runs:
        catalogue.add_run(run.folder)
    return workspace, [Run(run.folder) for run in runs], table.id


def test_markup_in_names_stays_text(browser: Browser, app_server: Callable[..., Server], tmp_path: Path) -> None:
    workspace, runs, table = filled(tmp_path / "workspace")
    url, dataset = app_server(ROOT / "app.py", workspace.root).url, runs[0].config.dataset
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    for path, shown in (
        (f"data?dataset={dataset}", EVIL),
        (f"data?dataset={table}", EVIL),
        (f"data?dataset={runs[2].config.dataset}", EVIL),
        (f"train?dataset={dataset}", "Name of the run"),
        (f"train?run={runs[0].id}", EVIL),
        (f"train?run={runs[2].id}", EVIL),
        (f"?run={runs[0].id}&method=pca", EVIL),
        (f"?run={runs[2].id}&method=pca", EVIL),
        (f"compare?runs={runs[0].id},{runs[1].id}", EVIL),
        (f"runs?run={runs[0].id}", EVIL),
    ):
        page.goto(f"{url}/{path}")
        page.get_by_text(shown).first.wait_for(state="attached", timeout=60_000)
        settle(page)
        if path.startswith("?"):
            hover(page, next(run for run in runs if run.id in path))
        assert page.locator("img[onerror]").count() == 0, path
    assert dialogs == []


def hover(page: Page, run: Run) -> None:
    """Wait for the map, and for the card of the sample that lies furthest to the right."""
    page.wait_for_selector('[data-chart="explore-map"][data-drawn]', timeout=60_000)
    made = compute_projection(run, "pca")
    place = made.xy[int(made.xy[:, 0].argmax())].tolist()
    x, y = page.evaluate(
        """([x, y]) => {
          const plot = document.querySelector('[data-chart="explore-map"] .aex-plot');
          const { xaxis, yaxis } = plot._fullLayout;
          const corner = plot.getBoundingClientRect();
          return [corner.left + xaxis._offset + xaxis.d2p(x), corner.top + yaxis._offset + yaxis.d2p(y)];
        }""",
        place,
    )
    page.mouse.move(x, y)
    card = page.locator('[data-chart="explore-map"] .aex-card:visible')
    card.locator("img, td").first.wait_for()
    assert EVIL in card.inner_text()
    assert EVIL in page.locator('[data-chart="explore-map"] .legend').first.inner_html().replace("&lt;", "<").replace("&gt;", ">")
