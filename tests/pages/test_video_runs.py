"""Videos on the pages: options of an upload, strips and players."""

import io
from typing import Any

import numpy as np
from PIL import Image

from aeexplorer.analysis.runs.quality.measuring import compute_metrics
from aeexplorer.data.dataset import open_dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from tests.pages.studio import Studio


def gif(i: int) -> bytes:
    """Return a GIF of a moving square."""
    frames = []
    for t in range(6):
        pixels = np.zeros((16, 16, 3), np.uint8)
        pixels[i % 12 : i % 12 + 4, 2 * t : 2 * t + 4] = (200, 10 * i, 40)
        frames.append(Image.fromarray(pixels))
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def players(at: Any) -> int:
    """Return the number of animated pictures on the page."""
    urls = [image.url for element in at.get("image") for image in element.proto.imgs]
    return sum(url.startswith("data:image/gif;") for url in urls)


def test_videos_are_uploaded_with_length_and_size_and_play(empty_studio: Studio) -> None:
    at = empty_studio.open("data")
    at.file_uploader[0].set_value([(f"{i}.gif", gif(i), "image/gif") for i in range(10)]).run()
    assert not at.exception
    at.number_input(key=next(box.key for box in at.number_input if box.label.startswith("Frames"))).set_value(4).run()
    at.number_input(key=next(box.key for box in at.number_input if box.label.startswith("Size"))).set_value(8).run()
    at.button(key="data.add").click().run()
    assert [error.value for error in at.error] == []
    dataset = open_dataset(empty_studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert (dataset.main_field.modality, dataset.n, dataset.main_field.shape) == ("video", 10, (3, 4, 8, 8))
    assert players(at) == 3


def test_inputs_play_beside_reconstructions_and_codes_are_drawn_on_the_strip(empty_studio: Studio) -> None:
    workspace = empty_studio.workspace
    options = IngestOptions().replace({"video.frames": 4, "video.size": 8})
    dataset = ingest(workspace, [Upload(f"{i}.gif", gif(i)) for i in range(20)], options)
    run = new_run(workspace, dataset, "vq-vae", {"training.epochs": 1, "model.channels": 8})
    train(run, "cpu")
    assert 0 < compute_metrics(run)["ssim"] < 1
    at = empty_studio.open("explore", run=run.id, method="pca", panel="reconstructions")
    assert players(at) == 3
    assert any("Input, reconstruction of sample" in caption.value for caption in at.caption)
    at = empty_studio.open("explore", run=run.id, method="pca", panel="codebook")
    assert any(image.alt.startswith("The codes of sample") for element in at.get("image") for image in element.proto.imgs)
