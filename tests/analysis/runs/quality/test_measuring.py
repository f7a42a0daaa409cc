"""Metrics are computed once for the current results."""

import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest

from aeexplorer.analysis.runs.quality import families, offered_families
from aeexplorer.analysis.runs.quality.measuring import cached_measurement, compute_metrics, measure
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@pytest.fixture
def copied(trained, tmp_path: Path) -> dict[str, Run]:
    """Copies of the trained runs without cached metrics."""
    ignore = shutil.ignore_patterns("quality", "priors")
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=ignore)
    return {name: Run(tmp_path / "copy" / "runs" / run.id) for name, run in trained.runs.items()}


def test_offered_families(trained) -> None:
    offered = {name: [family.name for family in offered_families(run)] for name, run in trained.runs.items()}
    labelled = ["probes", "neighbourhoods"]
    assert offered["vae"] == ["reconstruction", "likelihood", "posterior", *labelled, "disentanglement", "frechet"]
    assert offered["vq"] == ["reconstruction", "codebook", *labelled, "frechet"]
    assert offered["ae"] == ["reconstruction", "neighbourhoods"]


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_every_metric_is_described_finite_and_cached(copied: dict[str, Run], name: str) -> None:
    run = copied[name]
    metrics = compute_metrics(run)
    described = {metric.key for family in families().values() for metric in family.metrics}
    assert set(metrics) - {"pca"} <= described
    assert set(metrics["pca"]) <= set(metrics)
    assert all(np.isfinite(value).all() for key, value in metrics.items() if key != "pca")
    assert all(cached_measurement(run, family.name) is not None for family in offered_families(run))


def test_measurements_are_cached_until_the_results_change(copied: dict[str, Run]) -> None:
    run = copied["ae"]
    assert cached_measurement(run, "neighbourhoods") is None
    first = measure(run, "neighbourhoods")
    stored = run.folder / "quality" / "neighbourhoods.json"
    tree = orjson.loads(stored.read_bytes())
    tree["figures"]["continuity"]["value"] = 0.125
    stored.write_bytes(orjson.dumps(tree))
    assert measure(run, "neighbourhoods").figures["continuity"].value == 0.125
    results = run.folder / "metrics.json"
    results.write_text(results.read_text() + "\n")
    assert cached_measurement(run, "neighbourhoods") is None
    assert measure(run, "neighbourhoods").figures == first.figures
    stored.write_text("{")
    assert cached_measurement(run, "neighbourhoods") is None


def test_undefined_and_unknown_families_are_refused(trained) -> None:
    with pytest.raises(UserError, match="not defined for the run ae"):
        measure(trained.runs["ae"], "likelihood")
    with pytest.raises(UserError, match="no family of metrics 'magic'"):
        compute_metrics(trained.runs["ae"], ["magic"])
