"""Tests of the data of a film's player, and of the film as a GIF."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from aeexplorer.analysis.runs.snapshots import training_film
from aeexplorer.analysis.samples.colouring import colouring
from aeexplorer.views.films.training_film import film_tree, point_colours
from aeexplorer.views.films.training_gif import training_gif
from aeexplorer.views.maps.points import point_traces


@pytest.mark.parametrize("colour", ["label", "error", "hand"])
def test_points_have_the_colours_of_the_map(trained, colour: str) -> None:
    run = trained.runs["vae"]
    ids = training_film(run).ids
    found = point_colours(run, ids, colour)
    traces, marks = point_traces(np.zeros((len(ids), 2), np.float32), ids, colouring(run, colour, ids))
    row = {int(sample): i for i, sample in enumerate(ids)}
    for trace, mark in zip(traces, marks, strict=True):
        groups = found["groups"][[row[int(sample)] for sample in mark.ids]]
        if isinstance(trace.marker.color, str):
            assert {found["palette"][group] for group in groups} == {trace.marker.color}
            assert {found["names"][group] for group in groups} == {trace.name}
        else:
            order = np.argsort(np.asarray(trace.marker.color))
            assert (np.diff(groups[order].astype(int)) >= 0).all()


def test_positions_are_accurate_to_one_step(trained) -> None:
    run = trained.runs["vae"]
    film = training_film(run)
    tree = film_tree(run, film, "label")
    placed = np.array(tree["low"]) + tree["positions"].reshape(film.positions.shape) / 65_535 * tree["span"]
    assert placed == pytest.approx(film.positions, abs=tree["span"] / 65_000)
    assert tree["losses"]["loss"][0] is None
    assert tree["steps"] == film.steps.tolist()


def test_reconstructions_of_a_snapshot_are_a_row_of_the_sheet(trained) -> None:
    run = trained.runs["vq"]
    film = training_film(run)
    tree = film_tree(run, film, "label")
    (field,) = tree["fields"]
    sheet = np.asarray(Image.open(BytesIO(field["sheet"].tobytes())).convert("RGB"))
    height, width = field["height"], field["width"]
    moment, sample = 1, 4
    shown = sheet[(moment + 1) * height : (moment + 2) * height, sample * width : (sample + 1) * width, 0]
    assert np.array_equal(shown, film.outputs["image"][moment, sample, 0])
    given = sheet[:height, sample * width : (sample + 1) * width, 0]
    assert np.array_equal(given, run.dataset.fields["image"].array[film.ids[sample], 0])
    codes = tree["codes"]
    assert codes["counts"][moment].tolist() == film.usage[moment][codes["order"]].tolist()
    assert codes["used"][moment] == np.count_nonzero(film.usage[moment])


def test_tables_have_rows_for_each_snapshot(trained) -> None:
    run = trained.runs["ae"]
    film = training_film(run)
    (field,) = film_tree(run, film, "split")["fields"]
    assert field["columns"] == ["length", "<b>weight</b>", "colour"]
    assert len(field["rows"]) == len(film.steps)
    assert field["rows"][0] != field["rows"][-1]


def test_the_gif_has_a_frame_for_each_snapshot(trained) -> None:
    for name in ("vq", "ae"):
        film = training_film(trained.runs[name])
        gif = Image.open(BytesIO(training_gif(trained.runs[name], film, "split")))
        assert gif.n_frames == len(film.steps)
        frames = []
        for moment in (0, gif.n_frames - 1):
            gif.seek(moment)
            frames.append(np.asarray(gif.convert("RGB")))
        assert not np.array_equal(*frames)
