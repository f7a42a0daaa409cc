"""Every view that draws samples of a run, over real runs: its marks are the requested samples."""

from collections.abc import Callable

import numpy as np
import pytest

from aeexplorer.analysis.features import features
from aeexplorer.analysis.maps.projection import compute_projection, place_latents
from aeexplorer.training.results import probe_ids
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.codebook_usage import run_codebook_usage
from aeexplorer.views.charts.error_histogram import run_error_histogram
from aeexplorer.views.charts.latent_dimensions import run_latent_dimensions
from aeexplorer.views.charts.training_curves import run_training_curves
from aeexplorer.views.maps.latent_map import run_latent_map
from aeexplorer.views.maps.overlay import path_overlay
from aeexplorer.views.maps.snapshot_map import run_snapshot_map, snapshot_positions

RUNS = ("vae", "vq", "ae")
VIEWS: dict[Callable[..., LinkedFigure], frozenset[str]] = {
    run_latent_map: frozenset({"results"}),
    run_snapshot_map: frozenset({"snapshots"}),
    run_error_histogram: frozenset({"results"}),
    run_training_curves: frozenset({"history"}),
    run_codebook_usage: frozenset({"results", "codebook"}),
    run_latent_dimensions: frozenset({"results", "dimensions"}),
}
"""The views of a run, and the features that a run needs for them."""
SOME = np.array([3, 17, 40, 41, 77, 90, 111], np.int32)


def linked_ids(linked: LinkedFigure) -> list[int]:
    """Return the ids of all marks, sorted."""
    return sorted(np.concatenate([marks.ids for marks in linked.marks]).tolist())


def views_of(run: Run) -> list[Callable[..., LinkedFigure]]:
    """Return the views for which a run has the features."""
    return [build for build, needs in VIEWS.items() if needs <= features(run)]


def test_each_run_has_the_views_that_its_features_allow(trained) -> None:
    everywhere = {run_latent_map, run_error_histogram, run_training_curves, run_snapshot_map}
    assert {name: set(views_of(trained.runs[name])) - everywhere for name in RUNS} == {
        "vae": {run_latent_dimensions},
        "vq": {run_codebook_usage},
        "ae": {run_latent_dimensions},
    }
    assert all(everywhere <= set(views_of(trained.runs[name])) for name in RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_every_view_can_be_drawn_of_all_and_of_some_samples(trained, name: str) -> None:
    run = trained.runs[name]
    for build in views_of(run):
        whole, part = build(run, None), build(run, SOME)
        assert whole.figure.layout.title.text
        assert bool(whole.marks) == bool(part.marks)
        if part.marks:
            watched = SOME if build is not run_snapshot_map else SOME[np.isin(SOME, probe_ids(run.dataset))]
            assert linked_ids(part) == watched.tolist()


@pytest.mark.parametrize("colour", ["label", "split", "error", "ink", "hand"])
def test_points_keep_their_positions_when_recoloured_or_filtered(trained, colour: str) -> None:
    run = trained.runs["vae"]
    projection = compute_projection(run, "pca", limit=300)
    where = dict(zip(projection.ids.tolist(), projection.xy.tolist(), strict=True))
    ids_above = projection.ids[run.errors[projection.ids] > np.median(run.errors)]
    for ids in (None, ids_above):
        linked = run_latent_map(run, ids, projection, colour)
        assert linked_ids(linked) == (projection.ids if ids is None else ids_above).tolist()
        for marks in linked.marks:
            trace = linked.figure.data[marks.trace]
            assert np.stack([trace.x, trace.y], 1).tolist() == [where[i] for i in marks.ids.tolist()]
            if colour == "error":
                assert trace.marker.color.tolist() == run.errors[marks.ids].tolist()
            if colour == "label":
                named = {run.dataset.table["label"][int(i)].as_py() for i in marks.ids}
                assert named == {None if trace.name == "none" else trace.name}


def test_the_map_has_a_caption_and_names_the_plane_to_decode(trained) -> None:
    run = trained.runs["vae"]
    first = run_latent_map(run)
    assert first.decode_plane == "latents"
    assert first.figure.layout.dragmode == "lasso"
    assert first.caption == "showing all 400 · against the latents: trustworthiness 1.00, continuity 1.00"
    pca = run_latent_map(run, projection=compute_projection(run, "pca"), colour="error")
    assert pca.decode_plane == "pca"
    assert pca.decode_label == "decoded at"
    tsne = run_latent_map(run, projection=compute_projection(run, "tsne", limit=60))
    assert (tsne.decode_plane, tsne.decode_label) == ("tsne", "mean of the 5 nearest samples, decoded, at")
    assert run_latent_map(run, projection=compute_projection(run, "pca", 3)).decode_plane == ""
    assert pca.figure.layout.uirevision != first.figure.layout.uirevision
    assert pca.figure.layout.uirevision == run_latent_map(run, projection=compute_projection(run, "pca")).figure.layout.uirevision
    assert not pca.figure.layout.showlegend


def test_a_three_dimensional_map_has_three_axes(trained) -> None:
    run = trained.runs["vq"]
    projection = compute_projection(run, "pca", 3)
    linked = run_latent_map(run, projection=projection)
    assert [trace.type for trace in path_overlay(projection.xy[:4]).traces] == ["scatter3d"]
    assert {trace.type for trace in linked.figure.data} == {"scatter3d"}
    assert np.array_equal(
        np.sort(np.concatenate([linked.figure.data[m.trace].z for m in linked.marks])), np.sort(projection.xy[:, 2])
    )


def test_a_path_goes_through_the_positions_of_its_samples(trained) -> None:
    run = trained.runs["vae"]
    projection = compute_projection(run, "pca")
    path = place_latents(projection, run, run.latents(np.array([5, 9])))
    (line,) = path_overlay(path).traces
    assert np.array_equal(np.stack([line.x, line.y], 1), path)
    assert np.allclose(path, projection.xy[np.searchsorted(projection.ids, [5, 9])], atol=1e-4)


def test_each_bar_of_the_histogram_counts_its_samples(trained) -> None:
    run = trained.runs["vae"]
    ids = run.dataset.ids("train")
    linked = run_error_histogram(run, ids)
    (bars,), (marks,) = linked.figure.data, linked.marks
    assert marks.groups is not None
    assert np.array_equal(np.bincount(marks.groups, minlength=len(bars.y)), bars.y)
    means = [run.errors[ids[marks.groups == group]].mean() for group in np.flatnonzero(bars.y)]
    assert (np.diff(means) > 0).all()
    assert linked.caption.startswith(f"showing {len(ids)} of 400 · median {np.median(run.errors[ids]):.4f}")


def test_each_bar_of_the_codebook_counts_its_code(trained) -> None:
    run = trained.runs["vq"]
    linked = run_codebook_usage(run, SOME)
    bars, (marks,) = linked.figure.data[0], linked.marks
    codes = np.asarray(run.codes)
    for bar, text in enumerate(bars.hovertext):
        code = int(text.removeprefix("code "))
        assert bars.y[bar] == (codes[SOME] == code).sum() == (marks.groups == bar).sum()
    assert (np.diff(bars.y) <= 0).all()
    assert f"perplexity {run.metrics['test']['perplexity']:.1f} of 48 over the test split" in linked.caption


def test_unused_codes_are_marked(trained) -> None:
    run = trained.runs["vq"]
    dead = sorted(set(range(48)) - set(np.asarray(run.codes).ravel().tolist()))
    linked = run_codebook_usage(run, None)
    bars, crosses = linked.figure.data
    assert [int(text.removeprefix("code ")) for text in crosses.hovertext] == dead
    assert not np.asarray(bars.y)[crosses.x].any()
    assert f"{len(dead)} never used" in linked.caption


def test_bars_of_dimensions_are_their_kl(trained) -> None:
    run = trained.runs["vae"]
    linked = run_latent_dimensions(run)
    assert sorted(linked.figure.data[0].y) == sorted(run.metrics["test"]["kl_per_dimension"])
    assert linked.caption.startswith(f"{int(run.metrics['test']['active_units'])} of 2 units active")


def test_curves_are_the_named_losses_and_the_error_with_that_of_pca(trained) -> None:
    run = trained.runs["vae"]
    linked = run_training_curves(run)
    curves = {trace.name: trace for trace in linked.figure.data}
    assert set(curves) == {
        "Loss",
        "Loss (validation)",
        "Reconstruction",
        "KL divergence",
        "Error",
        "Error (validation)",
        "PCA (test)",
    }
    history = run.history()
    assert curves["KL divergence"].y.tolist() == pytest.approx([event["losses"]["kl"] for event in history])
    assert curves["Error"].x.tolist() == pytest.approx([event["epoch"] for event in history])
    ends = [event for event in history if "validation_mse" in event["metrics"]]
    assert curves["Error (validation)"].y.tolist() == pytest.approx([event["metrics"]["validation_mse"] for event in ends])
    assert curves["PCA (test)"].y.tolist() == pytest.approx([run.metrics["pca"]["mse"]] * 2)
    assert {t.name for t in run_training_curves(trained.runs["ae"]).figure.data} == {
        "Loss",
        "Loss (validation)",
        "Error",
        "Error (validation)",
        "PCA (test)",
    }


def test_all_snapshots_share_one_plane(trained) -> None:
    run = trained.runs["vq"]
    paths = run.snapshots()
    first, last = run.snapshot(paths[0])["latents"], run.snapshot(paths[-1])["latents"]
    variances = np.linalg.svd(last - last.mean(0), compute_uv=False) ** 2 / len(last)
    assert snapshot_positions(last, last).var(0).sum() == pytest.approx(variances[:2].sum(), rel=1e-3)
    assert snapshot_positions(first, last).shape == (len(first), 2)
    shift = snapshot_positions(last + 1, last) - snapshot_positions(last, last)
    assert shift == pytest.approx(np.broadcast_to(shift[:1], shift.shape), abs=1e-3)
    two = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    assert np.array_equal(snapshot_positions(two, last), two)


def test_a_snapshot_shows_its_own_latents(trained) -> None:
    run = trained.runs["vae"]
    path = run.snapshots()[1]
    shown = run.snapshot(path)
    linked = run_snapshot_map(run, None, path)
    where = dict(zip(shown["ids"].tolist(), shown["latents"][:, 0].tolist(), strict=True))
    for marks in linked.marks:
        assert linked.figure.data[marks.trace].x.tolist() == pytest.approx([where[i] for i in marks.ids.tolist()])
    assert linked.caption.startswith(f"step {int(path.stem):,} · ")
