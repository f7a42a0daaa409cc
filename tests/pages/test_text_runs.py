"""Texts on the page Train: their settings and their metrics."""

from aeexplorer.analysis.runs.quality.measuring import compute_metrics
from aeexplorer.data.ingest.ingest import Upload, ingest
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from tests.pages.studio import Studio

LINES = "\n".join(
    f"a {size} {colour} ball on row {row}" for size in ("big", "small") for colour in ("red", "blue") for row in range(12)
)


def test_texts_are_measured_by_their_tokens_and_have_no_likelihood(empty_studio: Studio) -> None:
    workspace = empty_studio.workspace
    dataset = ingest(workspace, [Upload("balls.txt", LINES.encode())])
    at = empty_studio.open("train", dataset=dataset.id)
    offered = {box.label for box in at.selectbox}
    assert "**Bottleneck**" in offered
    assert "**Likelihood**" not in offered

    run = new_run(workspace, dataset, "dense-ae", {"model.hidden": 16, "training.epochs": 1})
    train(run, "cpu")
    at = empty_studio.open("train", run=run.id)
    assert any("Cross-entropy" in text.value for text in at.markdown)
    assert not any("error" in metric.label for metric in at.metric)

    expected = compute_metrics(run, ["texts"])
    at = empty_studio.open("train", run=run.id)
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Tokens right, test"] == f"{expected['tokens_right']:.1%}"
    assert metrics[f"PCA, {run.metrics['pca']['components']} components"] == f"{expected['pca']['tokens_right']:.1%}"
