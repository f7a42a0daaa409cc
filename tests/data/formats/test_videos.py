"""Videos of all supported formats, and how they are cut to one length and size."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from aeexplorer.data.readers.video import is_moving_gif
from tests.data.filming import encoded, gif, moving_bar
from tests.data.making import png, tree, upload, zipped

SMALL = IngestOptions().replace({"video.frames": 6, "video.size": 16})


def films(kind: str = "gif", n: int = 6) -> list[Upload]:
    make = gif if kind == "gif" else lambda film: encoded(film, kind)
    return [Upload(f"{'ab'[i % 2]}/{i}.{kind}", make(moving_bar(start=5 * i))) for i in range(n)]


@pytest.mark.parametrize("kind", ["mp4", "webm", "mov", "gif"])
def test_frames_are_evenly_chosen_and_scaled_to_one_size(workspace: Workspace, kind: str) -> None:
    files = films(kind)
    guess = inspect(files)
    assert (guess.kind, guess.n, guess.labels) == ("videos", 6, {"a": 3, "b": 3})
    assert [(s.width, s.height, s.count) for s in guess.sizes] == [(64, 48, 6)]
    assert any("last 1.2 to 1.2 seconds" in note for note in guess.notes)
    dataset = ingest(workspace, files, SMALL)
    field = dataset.main_field
    assert (field.name, field.modality, field.shape, field.dtype) == ("video", "video", (1, 6, 16, 16), "uint8")
    assert dataset.label_names == ["a", "b"]
    chosen = np.linspace(0, 11, 6).round().astype(int)
    for i, sample in enumerate(field.array):
        film = moving_bar(start=5 * i)[chosen, ..., 0]
        middle = film.reshape(6, 16, 3, 64, 1)[:, :, 1, 8:56].reshape(6, 16, 16, 3).mean(-1)
        assert np.abs(sample[0] - middle).mean() < 20  # the scaled width is rounded


def test_colour_is_stored_and_letterbox_shows_the_whole_frame(workspace: Workspace) -> None:
    files = [Upload(f"{i}.gif", gif(moving_bar(start=5 * i, colour=(200, 40, 40)))) for i in range(5)]
    boxed = ingest(workspace, files, SMALL.replace({"fit": "letterbox"})).main_field
    assert boxed.shape == (3, 6, 16, 16)
    assert not boxed.array[:, :, :, :2].any()
    red = boxed.array[0, :, 0, 8, 1]
    np.testing.assert_allclose(red, (200, 40, 40), atol=20)
    assert ingest(workspace, files, SMALL.replace({"colour": "grey"})).main_field.shape == (1, 6, 16, 16)


def test_a_rotated_video_is_turned_upright(workspace: Workspace) -> None:
    """Telephones store frames on their side, and a rotation matrix in the header of the track."""

    def turned(content: bytes) -> bytes:
        start = content.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
        one = 1 << 16
        return content[:start] + struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30) + content[start + 36 :]

    content = [encoded(moving_bar(start=5 * i, width=48)) for i in range(5)]
    plain = ingest(workspace, [Upload(f"{i}.mp4", c) for i, c in enumerate(content)], SMALL)
    upright = ingest(workspace, [Upload(f"{i}.mp4", turned(c)) for i, c in enumerate(content)], SMALL)
    np.testing.assert_array_equal(upright.main_field.array, np.rot90(plain.main_field.array, -1, (3, 4)))
    assert any("5 of 5 videos: turned upright" in note for note in upright.notes)


def test_short_videos_repeat_frames_and_long_videos_skip_frames(workspace: Workspace) -> None:
    files = [*films("gif", 4), Upload("short.gif", gif(moving_bar(2))), Upload("long.gif", gif(moving_bar(300)))]
    dataset = ingest(workspace, files, SMALL)
    assert any("1 of 6 videos: with fewer than 6 frames; some frames are repeated" in note for note in dataset.notes)
    short = dataset.main_field.array[4, 0]
    assert [np.array_equal(short[0], frame) for frame in short] == [True] * 3 + [False] * 3
    places = [int(frame.mean(0).argmax()) for frame in dataset.main_field.array[5, 0]]
    assert len(set(places)) > 1


def test_transparent_gifs_are_placed_on_white(workspace: Workspace) -> None:
    def see_through(place: int) -> bytes:
        frames = []
        for i in range(6):
            pixels = np.zeros((16, 16, 4), np.uint8)
            pixels[:, place + i] = (0, 0, 0, 255)
            frames.append(Image.fromarray(pixels))
        out = io.BytesIO()
        frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], disposal=2, duration=100)
        return out.getvalue()

    dataset = ingest(workspace, [Upload(f"{i}.gif", see_through(i)) for i in range(5)], SMALL)
    for i, sample in enumerate(dataset.main_field.array[:, 0]):
        for j, frame in enumerate(sample):
            assert (frame == np.where(np.arange(16) == i + j, 0, 255)).all()
    assert any("5 of 5 videos: transparent, placed on white" in note for note in dataset.notes)


def test_a_manifest_gives_labels(workspace: Workspace) -> None:
    members = {f"{i}.gif": gif(moving_bar(start=3 * i)) for i in range(5)}
    rows = "file,kind,speed\n" + "\n".join(f"{i}.gif,{'xy'[i % 2]},{i}" for i in range(5))
    archive = upload("z.zip", zipped(members | {"labels.csv": rows.encode(), "readme.txt": b"hello"}))
    dataset = ingest(workspace, archive, SMALL.replace({"label_column": "kind"}))
    assert dataset.table["label"].to_pylist() == ["x", "y", "x", "y", "x"]
    assert dataset.table["speed"].to_pylist() == [0, 1, 2, 3, 4]
    assert any("readme.txt" in note for note in dataset.notes)


def test_only_moving_gifs_are_videos(workspace: Workspace) -> None:
    assert is_moving_gif(gif(moving_bar(2)))
    assert not is_moving_gif(png(format="GIF"))
    assert not is_moving_gif(gif(moving_bar(2))[:40])
    assert inspect([Upload(f"{i}.gif", png(i, format="GIF")) for i in range(5)]).kind == "pictures"
    assert inspect([*films("gif", 5), Upload("still.png", png())]).kind == "pictures"


def test_identical_videos_are_refused(workspace: Workspace) -> None:
    before = tree(workspace.root)
    with pytest.raises(UploadRejected, match="all videos are identical"):
        ingest(workspace, [Upload(f"{i}.gif", gif(moving_bar())) for i in range(5)], SMALL)
    assert tree(workspace.root) == before
