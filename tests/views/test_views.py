"""Every view over real runs: offered where it can be drawn, and its marks are the samples asked for."""

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import compute, place
from aeexplorer.training.results import probe_ids
from aeexplorer.views import offered, views
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps import latent_map
from aeexplorer.views.maps.overlay import path_overlay
from aeexplorer.views.maps.snapshot_map import positions_of

RUNS = ("vae", "vq", "ae")
SOME = np.array([3, 17, 40, 41, 77, 90, 111], np.int32)


def linked_ids(linked: LinkedFigure) -> list[int]:
    """Ids of all marks, sorted."""
    return sorted(np.concatenate([marks.ids for marks in linked.marks]).tolist())


def test_views_are_offered_by_what_a_run_has(trained) -> None:
    found = {name: {view.name for view in offered(trained.runs[name])} for name in RUNS}
    everywhere = {"latent_map", "error_histogram", "training_curves", "snapshot_map"}
    assert {name: have - everywhere for name, have in found.items()} == {
        "vae": {"latent_dimensions"},
        "vq": {"codebook_usage"},
        "ae": {"latent_dimensions"},
    }
    assert all(everywhere <= have for have in found.values())


@pytest.mark.parametrize("name", RUNS)
def test_every_offered_view_can_be_drawn_of_all_and_of_some_samples(trained, name: str) -> None:
    run = trained.runs[name]
    for view in offered(run):
        whole, part = view.build(run, None), view.build(run, SOME)
        assert whole.figure.layout.title.text
        assert bool(whole.marks) == bool(part.marks)
        if part.marks:
            watched = SOME if view.name != "snapshot_map" else SOME[np.isin(SOME, probe_ids(run.dataset))]
            assert linked_ids(part) == watched.tolist()


def test_views_are_documented() -> None:
    for view in views().values():
        assert view.title
        assert view.help.endswith(".")


@pytest.mark.parametrize("colour", ["label", "split", "error", "ink", "hand"])
def test_recoloured_and_filtered_points_stay_where_their_samples_are(trained, colour: str) -> None:
    run = trained.runs["vae"]
    made = compute(run, "pca", limit=300)
    where = dict(zip(made.ids.tolist(), made.xy.tolist(), strict=True))
    kept = made.ids[run.errors[made.ids] > np.median(run.errors)]
    for ids in (None, kept):
        linked = latent_map.build(run, ids, made, colour)
        assert linked_ids(linked) == (made.ids if ids is None else kept).tolist()
        for marks in linked.marks:
            trace = linked.figure.data[marks.trace]
            assert np.stack([trace.x, trace.y], 1).tolist() == [where[i] for i in marks.ids.tolist()]
            if colour == "error":
                assert trace.marker.color.tolist() == run.errors[marks.ids].tolist()
            if colour == "label":
                named = {run.dataset.table["label"][int(i)].as_py() for i in marks.ids}
                assert named == {None if trace.name == "none" else trace.name}


def test_the_map_says_what_it_shows_and_what_can_be_done_on_it(trained) -> None:
    run = trained.runs["vae"]
    first = latent_map.build(run)
    assert first.decode_plane == "latents"
    assert first.figure.layout.dragmode == "lasso"
    assert first.caption == "showing all 400 · trustworthiness 1.00 · continuity 1.00"
    pca = latent_map.build(run, made=compute(run, "pca"), colour="error")
    assert pca.decode_plane == "pca"
    assert pca.decode_said == "decoded at"
    tsne = latent_map.build(run, made=compute(run, "tsne", limit=60))
    assert (tsne.decode_plane, tsne.decode_said) == ("tsne", "mean of the 5 nearest samples, decoded, at")
    assert latent_map.build(run, made=compute(run, "pca", 3)).decode_plane == ""
    assert pca.figure.layout.uirevision != first.figure.layout.uirevision
    assert pca.figure.layout.uirevision == latent_map.build(run, made=compute(run, "pca")).figure.layout.uirevision
    assert not pca.figure.layout.showlegend


def test_in_three_dimensions_there_are_three_axes(trained) -> None:
    run = trained.runs["vq"]
    made = compute(run, "pca", 3)
    linked = latent_map.build(run, made=made)
    assert [trace.type for trace in path_overlay(made.xy[:4]).traces] == ["scatter3d"]
    assert {trace.type for trace in linked.figure.data} == {"scatter3d"}
    assert np.array_equal(np.sort(np.concatenate([linked.figure.data[m.trace].z for m in linked.marks])), np.sort(made.xy[:, 2]))


def test_a_path_goes_through_the_places_of_its_samples(trained) -> None:
    run = trained.runs["vae"]
    made = compute(run, "pca")
    path = place(made, run, run.latents(np.array([5, 9])))
    (line,) = path_overlay(path).traces
    assert np.array_equal(np.stack([line.x, line.y], 1), path)
    assert np.allclose(path, made.xy[np.searchsorted(made.ids, [5, 9])], atol=1e-4)


def test_each_bar_of_the_histogram_counts_its_samples(trained) -> None:
    run = trained.runs["vae"]
    ids = run.dataset.ids("train")
    linked = views()["error_histogram"].build(run, ids)
    (bars,), (marks,) = linked.figure.data, linked.marks
    assert marks.groups is not None
    assert np.array_equal(np.bincount(marks.groups, minlength=len(bars.y)), bars.y)
    means = [run.errors[ids[marks.groups == group]].mean() for group in np.flatnonzero(bars.y)]
    assert (np.diff(means) > 0).all()
    assert linked.caption.startswith(f"showing {len(ids)} of 400 · median {np.median(run.errors[ids]):.4f}")


def test_each_bar_of_the_codebook_counts_its_code(trained) -> None:
    run = trained.runs["vq"]
    linked = views()["codebook_usage"].build(run, SOME)
    bars, (marks,) = linked.figure.data[0], linked.marks
    codes = np.asarray(run.codes)
    for place_, text in enumerate(bars.hovertext):
        code = int(text.removeprefix("code "))
        assert bars.y[place_] == (codes[SOME] == code).sum() == (marks.groups == place_).sum()
    assert (np.diff(bars.y) <= 0).all()
    assert f"perplexity {run.metrics['test']['perplexity']:.1f} of 48 over the test split" in linked.caption


def test_codes_that_nothing_uses_are_marked(trained) -> None:
    run = trained.runs["vq"]
    dead = sorted(set(range(48)) - set(np.asarray(run.codes).ravel().tolist()))
    linked = views()["codebook_usage"].build(run, None)
    bars, crosses = linked.figure.data
    assert [int(text.removeprefix("code ")) for text in crosses.hovertext] == dead
    assert not np.asarray(bars.y)[crosses.x].any()
    assert f"{len(dead)} never used" in linked.caption


def test_bars_of_dimensions_are_their_kl(trained) -> None:
    run = trained.runs["vae"]
    linked = views()["latent_dimensions"].build(run)
    assert sorted(linked.figure.data[0].y) == sorted(run.metrics["test"]["kl_per_dimension"])
    assert linked.caption.startswith(f"{int(run.metrics['test']['active_units'])} of 2 units active")


def test_curves_are_each_named_loss_and_pca_stands_beside_the_error(trained) -> None:
    run = trained.runs["vae"]
    linked = views()["training_curves"].build(run)
    curves = {trace.name: trace for trace in linked.figure.data}
    assert set(curves) == {"loss", "loss, validation", "reconstruction", "kl", "error", "error, validation", "PCA, test"}
    history = run.history()
    assert curves["kl"].y.tolist() == pytest.approx([event["losses"]["kl"] for event in history])
    assert curves["error"].x.tolist() == pytest.approx([event["epoch"] for event in history])
    ends = [event for event in history if "validation_mse" in event["metrics"]]
    assert curves["error, validation"].y.tolist() == pytest.approx([event["metrics"]["validation_mse"] for event in ends])
    assert curves["PCA, test"].y.tolist() == pytest.approx([run.metrics["pca"]["mse"]] * 2)
    assert {t.name for t in views()["training_curves"].build(trained.runs["ae"]).figure.data} == {
        "loss",
        "loss, validation",
        "error",
        "error, validation",
        "PCA, test",
    }


def test_snapshots_lie_on_one_plane_for_the_whole_training(trained) -> None:
    run = trained.runs["vq"]
    paths = run.snapshots()
    first, last = run.snapshot(paths[0])["latents"], run.snapshot(paths[-1])["latents"]
    assert positions_of(last, last).var(0).sum() >= positions_of(first, last).var(0).sum()
    shift = positions_of(last + 1, last) - positions_of(last, last)
    assert shift == pytest.approx(np.broadcast_to(shift[:1], shift.shape), abs=1e-3)
    two = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    assert np.array_equal(positions_of(two, last), two)


def test_a_snapshot_shows_its_own_latents(trained) -> None:
    run = trained.runs["vae"]
    path = run.snapshots()[1]
    shown = run.snapshot(path)
    linked = views()["snapshot_map"].build(run, None, path)
    where = dict(zip(shown["ids"].tolist(), shown["latents"][:, 0].tolist(), strict=True))
    for marks in linked.marks:
        assert linked.figure.data[marks.trace].x.tolist() == pytest.approx([where[i] for i in marks.ids.tolist()])
    assert linked.caption.startswith(f"step {int(path.stem):,} · ")
