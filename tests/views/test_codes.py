"""Tests of the figures of the codebook: the map of the codes, heatmaps, the board of the code surgery."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from aeexplorer.analysis.codes.relations import code_cooccurrence, label_usage
from aeexplorer.analysis.codes.surgery import decode_edited
from aeexplorer.views.charts.code_relations import co_occurrence_figure, label_usage_figure
from aeexplorer.views.maps.code_map import code_map, nearest_code
from aeexplorer.views.pictures.surgery import board_tree, edited_card


def test_dots_are_sized_by_use_and_dead_codes_are_crosses() -> None:
    xy = np.array([[0, 0], [1, 0], [0, 1], [2, 2]], np.float32)
    figure = code_map(xy, np.array([4, 0, 16, 1]), np.array([0, 0, 3, 0]), chosen=2).figure
    used, dead, ring = figure.data
    assert used.marker.size[1] == max(used.marker.size)
    assert np.argmax(used.marker.opacity) == 1
    assert used.marker.opacity[0] == used.marker.opacity[2] < 0.5
    assert (dead.x[0], dead.y[0], dead.marker.symbol) == (1, 0, "x-thin")
    assert (ring.x[0], ring.y[0]) == (0, 1)
    assert nearest_code(xy, 1.8, 1.7) == 3


def test_heatmaps_show_the_counts_of_each_cell(trained) -> None:
    run = trained.runs["vq"]
    pairs, labels = code_cooccurrence(run, 10), label_usage(run, 10)
    heat = co_occurrence_figure(pairs).figure.data[0]
    assert heat.customdata[2][5] == f"codes {pairs.codes[2]} and {pairs.codes[5]}: {pairs.counts[2, 5]:,} samples have both"
    heat = label_usage_figure(labels).figure.data[0]
    assert np.allclose(heat.z, 100 * labels.shares)
    assert heat.customdata[1][0].startswith(f"{labels.labels[1]}, code {labels.codes[0]}: ")


def test_the_board_has_a_cell_for_every_token_and_the_card_is_the_decoded_sample(trained) -> None:
    run = trained.runs["vq"]
    tree = board_tree(run, 9)
    assert np.array(tree["places"]).shape == tuple(run.model.grid)
    assert sorted(np.ravel(tree["places"]).tolist()) == list(range(run.codes.shape[1]))
    assert tree["codes"] == run.codes[9].tolist()
    assert set(tree["similar"]) == set(run.codes[9].tolist())
    assert all(code in tree["counts"] for codes in tree["similar"].values() for code in codes)
    picture = Image.open(BytesIO(base64.b64decode(tree["picture"].partition(",")[2])))
    assert picture.width == picture.height == 144
    card = np.asarray(Image.open(BytesIO(edited_card(run, 9, {2: 5}))).convert("L"))
    assert np.array_equal(card[::18, ::18], decode_edited(run, 9, {2: 5})["image"][0, 0])
