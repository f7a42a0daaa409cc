"""Files are read as samples of an existing dataset, as its upload was; broken files are refused."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.fitting import MAX_SAMPLES, fitter_of, read_samples
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest
from tests.data.making import npy, png, zipped


def sound(seconds: float = 0.5, pitch: float = 440.0, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate) * 20000).astype("<i2").tobytes())
    return out.getvalue()


def film(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    frames = [Image.fromarray(rng.integers(0, 255, (16, 16), np.uint8)) for _ in range(4)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def ingested(workspace: Workspace, files: dict[str, bytes], **options: object) -> Dataset:
    return ingest(workspace, [Upload(name, content) for name, content in files.items()], IngestOptions().replace(options))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_is_read_as_in_the_upload(workspace: Workspace, mode: str) -> None:
    files = {f"{i}.png": png(i, (20, 14), mode) for i in range(5)}
    dataset = ingested(workspace, files, image_size=12)
    place = dataset.table["source"].to_pylist().index("3.png")
    (samples,) = read_samples([Upload("mine.png", files["3.png"])], dataset.main_field)
    assert np.array_equal(samples[0], dataset.main_field.array[place])


def test_a_picture_is_read_in_several_sizes_and_in_floats() -> None:
    small = Field("image", "image", (3, 8, 10), "float32", {}, Path())
    large = Field("image", "image", (1, 32, 40), "uint8", {}, Path())
    samples = read_samples([Upload("a.png", png(1, (40, 32), "L"))], small, large)
    assert [array.shape for array in samples] == [(1, 3, 8, 10), (1, 1, 32, 40)]
    assert samples[0].max() <= 1
    assert np.array_equal(samples[1][0, 0], np.asarray(Image.open(io.BytesIO(png(1, (40, 32), "L")))))


def test_a_sound_is_read_as_in_the_upload(workspace: Workspace) -> None:
    files = {f"{i}.wav": sound(pitch=220 + 90 * i, seconds=0.3 + 0.1 * i) for i in range(5)}
    dataset = ingested(workspace, files, **{"audio.sample_rate": 8000, "audio.seconds": 0.45, "audio.mel_bands": 16})
    sources = dataset.table["source"].to_pylist()
    (samples,) = read_samples([Upload(name, content) for name, content in files.items()], dataset.main_field)
    assert np.array_equal(samples, dataset.main_field.array[[sources.index(name) for name in files]])


def test_a_video_is_read_as_in_the_upload(workspace: Workspace) -> None:
    files = {f"{i}.gif": film(i) for i in range(5)}
    dataset = ingested(workspace, files, **{"video.frames": 4, "video.size": 8})
    place = dataset.table["source"].to_pylist().index("2.gif")
    (samples,) = read_samples([Upload("mine.gif", files["2.gif"])], dataset.main_field)
    assert np.array_equal(samples[0], dataset.main_field.array[place])


def series(channels: tuple[str, ...], steps: int = 6) -> Field:
    return Field(
        "series", "series", (steps, len(channels)), "float32", {"columns": [{"name": name} for name in channels]}, Path()
    )


def test_a_table_whose_columns_are_the_channels_is_one_series_padded_at_its_end() -> None:
    (samples,) = read_samples([Upload("a.csv", b"time,up,down\n0,1,-1\n1,2,-2\n2,,-3\n")], series(("down", "up")))
    assert samples.shape == (1, 6, 2)
    assert np.array_equal(samples[0, :3], [[-1, 1], [-2, 2], [-3, np.nan]], equal_nan=True)
    assert np.isnan(samples[0, 3:]).all()


@pytest.mark.parametrize(
    "content", [b"1,2,3,4,5,6,7,8\n8,7,6,5,4,3,2,1\n", npy([[1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1]])]
)
def test_rows_are_series_of_one_channel_cut_to_the_length_of_the_field(content: bytes) -> None:
    (samples,) = read_samples(
        [Upload("mine", content)] if content[:1] != b"1" else [Upload("a.csv", content)], series(("value",))
    )
    assert samples[..., 0].tolist() == [[1, 2, 3, 4, 5, 6], [8, 7, 6, 5, 4, 3]]


@pytest.mark.parametrize(
    ("name", "content", "field", "reason"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, ("image", (1, 8, 8), "uint8"), "not a readable picture"),
        ("a.png", b"", ("image", (1, 8, 8), "uint8"), "it is empty"),
        ("a.wav", sound()[:30], ("audio", (1, 16, 20), "uint8"), "format chunk is cut off"),
        ("a.gif", film(1)[:200], ("video", (1, 4, 8, 8), "uint8"), "a.gif"),
        ("a.npy", npy(np.array([{}], object)), ("series", (6, 1), "float32"), "not a readable array"),
        ("a.csv", b"a,b,c\n1,2,3\n", ("series", (6, 2), "float32"), "not the dataset's channels"),
        ("a.csv", b"value\nx\ny\n", ("series", (6, 1), "float32"), "holds no number"),
        ("a.zip", zipped({"../a.png": png()}), ("image", (1, 8, 8), "uint8"), "leads out of the zip"),
    ],
)
def test_broken_or_unsuitable_files_are_refused(name: str, content: bytes, field: tuple, reason: str) -> None:
    modality, shape, dtype = field
    meta = {"rate": 8000, "fft": 512, "hop": 128, "mels": 16, "columns": [{"name": "value"}, {"name": "other"}][: shape[-1]]}
    with pytest.raises(UploadRejected, match=reason):
        read_samples([Upload(name, content)], Field(modality, modality, shape, dtype, meta, Path()))


def test_at_most_twelve_samples_are_read() -> None:
    files = [Upload("a.zip", zipped({f"{i}.png": png(i) for i in range(MAX_SAMPLES + 3)}))]
    (samples,) = read_samples(files, Field("image", "image", (1, 8, 8), "uint8", {}, Path()))
    assert len(samples) == MAX_SAMPLES


def test_fields_without_a_matching_file_type_have_no_fitter() -> None:
    assert fitter_of(Field("image", "image", (5, 8, 8), "float32", {}, Path())) is None
    assert fitter_of(Field("table", "tabular", (3,), "float32", {}, Path())) is None
