"""Tests of draws as a picture and as files."""

import io
import zipfile

import numpy as np
from PIL import Image

from aeexplorer.analysis.generation.drawing import draw
from aeexplorer.views.pictures.draws import draws_archive, draws_picture


def test_each_draw_is_above_its_nearest_training_sample(trained) -> None:
    run = trained.runs["vae"]
    drawn = draw(run, "mixture", 5)
    pixels = np.asarray(draws_picture(run, drawn, "image", 8, 3))
    pictures = run.dataset.main_field.array
    assert np.array_equal(pixels[:8, 10:18, 0], drawn.samples["image"][1, 0])
    assert np.array_equal(pixels[10:18, 10:18, 0], pictures[drawn.nearest[1], 0])
    second = 18 + 8
    assert np.array_equal(pixels[second : second + 8, :8, 0], drawn.samples["image"][3, 0])


def test_the_archive_has_every_draw_and_its_settings(trained) -> None:
    run = trained.runs["vae"]
    drawn = draw(run, "standard", 3, 0.7, 5)
    with zipfile.ZipFile(io.BytesIO(draws_archive(run, drawn))) as archive:
        assert sorted(archive.namelist()) == [*(f"0-image/00{i}.png" for i in range(3)), "codes.npy", "drawn.txt"]
        picture = np.asarray(Image.open(io.BytesIO(archive.read("0-image/002.png"))))
        assert np.array_equal(picture, drawn.samples["image"][2, 0])
        assert np.array_equal(np.load(io.BytesIO(archive.read("codes.npy"))), drawn.codes)
        assert "standard prior, temperature 0.7, seed 5" in archive.read("drawn.txt").decode()


def test_rows_are_a_table(trained) -> None:
    run = trained.runs["ae"]
    with zipfile.ZipFile(io.BytesIO(draws_archive(run, draw(run, "mixture", 4)))) as archive:
        lines = archive.read("0-tabular.csv").decode().splitlines()
    assert lines[0] == '"length","<b>weight</b>","colour"'
    assert len(lines) == 5
