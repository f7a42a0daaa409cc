"""Metrics are measured once for the results there are."""

import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest

from aeexplorer.analysis.runs.quality import families, offered_families
from aeexplorer.analysis.runs.quality.measuring import compute_metrics, measure, measured
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@pytest.fixture
def copied(trained, tmp_path: Path) -> dict[str, Run]:
    """Copies of the trained runs."""
    left_out = shutil.ignore_patterns("quality", "priors")
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=left_out)
    return {name: Run(tmp_path / "copy" / "runs" / run.id) for name, run in trained.runs.items()}


def test_families_that_have_a_meaning(trained) -> None:
    offered = {name: [family.name for family in offered_families(run)] for name, run in trained.runs.items()}
    labelled = ["probes", "neighbourhoods"]
    assert offered["vae"] == ["reconstruction", "likelihood", "posterior", *labelled, "disentanglement", "frechet"]
    assert offered["vq"] == ["reconstruction", "codebook", *labelled, "frechet"]
    assert offered["ae"] == ["reconstruction", "neighbourhoods"]


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_every_figure_is_described_finite_and_kept(copied: dict[str, Run], name: str) -> None:
    run = copied[name]
    found = compute_metrics(run)
    described = {metric.key for family in families().values() for metric in family.metrics}
    assert set(found) - {"pca"} <= described
    assert set(found["pca"]) <= set(found)
    assert all(np.isfinite(value).all() for key, value in found.items() if key != "pca")
    assert all(measured(run, family.name) is not None for family in offered_families(run))


def test_what_was_measured_is_read_back_until_the_results_change(copied: dict[str, Run]) -> None:
    run = copied["ae"]
    assert measured(run, "neighbourhoods") is None
    first = measure(run, "neighbourhoods")
    stored = run.folder / "quality" / "neighbourhoods.json"
    tree = orjson.loads(stored.read_bytes())
    tree["figures"]["continuity"]["value"] = 0.125
    stored.write_bytes(orjson.dumps(tree))
    assert measure(run, "neighbourhoods").figures["continuity"].value == 0.125
    metrics = run.folder / "metrics.json"
    metrics.write_text(metrics.read_text() + "\n")
    assert measured(run, "neighbourhoods") is None
    assert measure(run, "neighbourhoods").figures == first.figures
    stored.write_text("{")
    assert measured(run, "neighbourhoods") is None


def test_what_has_no_meaning_is_refused(trained) -> None:
    with pytest.raises(UserError, match="no meaning for the run ae"):
        measure(trained.runs["ae"], "likelihood")
    with pytest.raises(UserError, match="no family of metrics 'magic'"):
        compute_metrics(trained.runs["ae"], ["magic"])
