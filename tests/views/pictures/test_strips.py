"""Strips and films of a path have their frames in order."""

from io import BytesIO

import av
import numpy as np
from PIL import Image

from aeexplorer.analysis.latents.paths import blend_inputs, interpolate
from aeexplorer.ui.explore.panels.paths import FILM_STEPS, film_bytes
from aeexplorer.views.charts.path_speed import path_speed
from aeexplorer.views.pictures.pictures import GUTTER
from aeexplorer.views.pictures.strips import path_strip, side_by_side


def test_the_path_is_above_the_fade_and_its_samples_are_framed(trained) -> None:
    run, points = trained.runs["vae"], [3, 44, 7]
    film, faded = interpolate(run, points, 3), blend_inputs(run, points, 3)
    strip = np.asarray(path_strip(film, faded, run.dataset.main_field, 16, 4))
    step = 16 + GUTTER
    assert np.array_equal(strip[4:12:2, step + 4 : step + 12 : 2, 0], film.frames["image"][1, 0, 2:6, 2:6])
    assert np.array_equal(strip[step : step + 16 : 2, step : step + 16 : 2, 0], faded["image"][1, 0])
    orange = (strip[..., 0] == 213) & (strip[..., 1] == 94) & (strip[..., 2] == 0)
    framed = [bool(orange[0, place * step : place * step + 16].all()) for place in range(4)]
    assert framed == [True, False, False, True]


def test_films_are_put_side_by_side(trained) -> None:
    field = trained.runs["vae"].dataset.main_field
    array = np.asarray(field.array[:10])
    pictures = side_by_side(field, array[:5], array[5:], side=16)
    assert np.array_equal(pictures[2, ::2, :16:2, 0], array[2, 0])
    assert np.array_equal(pictures[2, ::2, -16::2, 0], array[7, 0])


def test_exported_films_have_the_frames_of_the_path(trained) -> None:
    run = trained.runs["vae"]
    assert Image.open(BytesIO(film_bytes(run, [3, 44, 7], "linear", "gif"))).n_frames == 2 * FILM_STEPS + 1
    with av.open(BytesIO(film_bytes(run, [3, 44, 7], "linear", "mp4"))) as container:
        assert len(list(container.decode(video=0))) == 2 * FILM_STEPS + 1


def test_the_speed_has_a_bar_for_each_step_and_lines_at_the_samples(trained) -> None:
    film = interpolate(trained.runs["vae"], [3, 44, 7], 3)
    figure = path_speed(film)
    assert np.array_equal(figure.data[0].y, film.speed)
    assert [line.x0 for line in figure.layout.shapes] == [0, 3, 6]
