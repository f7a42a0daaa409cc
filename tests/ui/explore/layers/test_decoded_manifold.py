"""Each picture of the decoded manifold is at the position that it is decoded from."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from aeexplorer.analysis.decoding import decode
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.ui.explore.layers.manifold import LAYER, PICTURES_PER_SIDE
from aeexplorer.views.pictures.grids import GREY, MIN_CRISP_SIDE


def test_each_picture_is_decoded_from_its_position(trained) -> None:
    run = trained.runs["vae"]
    projection = compute_projection(run, "latents")
    (image,) = LAYER.make(run, projection).images
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(image["source"].removeprefix("data:image/png;base64,")))))
    rows, columns = pixels.shape[0] // MIN_CRISP_SIDE, pixels.shape[1] // MIN_CRISP_SIDE
    assert max(rows, columns) == PICTURES_PER_SIDE
    assert (pixels[..., 0] == GREY).all()
    for row, column in ((0, 0), (rows - 1, columns - 2), (2, 3)):
        x = image["x"] + (column + 0.5) * image["sizex"] / columns
        y = image["y"] - (row + 0.5) * image["sizey"] / rows
        expected = decode(run, np.float32([[x, y]]))["image"][0, 0]
        picture = pixels[
            row * MIN_CRISP_SIDE : (row + 1) * MIN_CRISP_SIDE : MIN_CRISP_SIDE // 8,
            column * MIN_CRISP_SIDE : (column + 1) * MIN_CRISP_SIDE : MIN_CRISP_SIDE // 8,
            1,
        ]
        assert np.abs(picture.astype(int) - expected).max() <= 2
    assert (projection.xy.min(0) > [image["x"], image["y"] - image["sizey"]]).all()
    assert (projection.xy.max(0) < [image["x"] + image["sizex"], image["y"]]).all()


def test_the_layer_fits_pictures_on_two_dimensional_planes(trained) -> None:
    vae, table = trained.runs["vae"], trained.runs["ae"]
    assert LAYER.fits(vae, compute_projection(vae, "pca"))
    assert not LAYER.fits(vae, compute_projection(vae, "pca", 3))
    assert not LAYER.fits(table, compute_projection(table, "latents"))
