"""Sounds written by SciPy and libsndfile, stored as spectrograms."""

import io

import numpy as np
import pytest
import soundfile
from scipy.io import wavfile

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from aeexplorer.data.spectrogram import Spectrogram
from tests.data.making import upload, zipped

RATE = 16_000


def tone(i: int, seconds: float = 0.4, rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * 300 * (1 + i) * time)).astype(np.float32)


def written(wave: np.ndarray, rate: int = RATE, **how: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, wave, rate, **({"format": "WAV"} | how))
    return out.getvalue()


def written_by_scipy(wave: np.ndarray, rate: int = RATE) -> bytes:
    out = io.BytesIO()
    wavfile.write(out, rate, wave)
    return out.getvalue()


def levels(dataset: Dataset) -> np.ndarray:
    field = dataset.main_field
    assert (field.modality, field.dtype, field.shape[:2]) == ("audio", "uint8", (1, 64))
    return np.array(field.array, np.float32)


CODINGS = {
    "scipy 8": lambda w: written_by_scipy(np.round(w * 127 + 128).astype(np.uint8)),
    "scipy 16": lambda w: written_by_scipy((w * 32767).astype(np.int16)),
    "scipy 32": lambda w: written_by_scipy((w * 2147483000).astype(np.int32)),
    "scipy float": lambda w: written_by_scipy(w),
    "24": lambda w: written(w, subtype="PCM_24"),
    "double": lambda w: written(w, subtype="DOUBLE"),
    "extensible": lambda w: written(w, format="WAVEX"),
    "flac": lambda w: written(w, format="FLAC"),
    "ogg": lambda w: written(w, format="OGG", subtype="VORBIS"),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_every_coding_gives_the_same_spectrogram(workspace: Workspace, coding: str) -> None:
    files = [Upload(f"{i}.wav", CODINGS[coding](tone(i))) for i in range(6)]
    dataset = ingest(workspace, files)
    stored = levels(dataset)
    spectrogram = Spectrogram.from_meta(dataset.main_field.meta)
    expected = spectrogram.levels(np.stack([tone(i) for i in range(6)])).astype(np.float32)
    assert stored.shape == expected.shape
    loud = expected > 160  # quieter values are noise of the codings
    assert loud.any()
    assert np.abs(stored - expected)[loud].max() <= (8 if coding == "ogg" else 2)


def test_folders_of_a_zip_give_labels(workspace: Workspace) -> None:
    members = {f"set/{'ab'[i % 2]}/{i}.flac": written(tone(i), format="FLAC") for i in range(6)}
    archive = zipped(members | {"readme.txt": b"hello"})
    guess = inspect(upload("s.zip", archive))
    assert (guess.kind, guess.n, guess.labels) == ("sounds (0.40 to 0.40 seconds, 16,000 Hz)", 6, {"a": 3, "b": 3})
    assert guess.options.audio.seconds == 0.4
    dataset = ingest(workspace, upload("s.zip", archive), guess.options)
    assert dataset.label_names == ["a", "b"]
    assert any("readme.txt" in note for note in dataset.notes)


def test_the_suggested_rate_is_not_above_that_of_the_sounds() -> None:
    def suggested_rate(*rates: int) -> int:
        archive = zipped({f"{rate}.wav": written(tone(1, rate=rate), rate) for rate in rates})
        return inspect(upload("s.zip", archive)).options.audio.sample_rate

    assert suggested_rate(8_000) == 8_000
    assert suggested_rate(8_000, 11_025) == 11_025
    assert suggested_rate(8_000, 44_100) == 16_000


def test_a_manifest_gives_labels_and_columns(workspace: Workspace) -> None:
    manifest = "file,label,speaker\n" + "\n".join(f"{i}.wav,{'xy'[i % 2]},{i}" for i in range(5))
    members = {f"clips/{i}.wav": written(tone(i)) for i in range(6)} | {"clips/labels.csv": manifest.encode()}
    dataset = ingest(workspace, upload("s.zip", zipped(members)))
    assert dataset.table["label"].to_pylist() == ["x", "y", "x", "y", "x", None]
    assert dataset.table["speaker"].to_pylist() == [0.0, 1.0, 2.0, 3.0, 4.0, None]
    assert any("1 sounds have no row" in note for note in dataset.notes)


def test_rates_channels_and_lengths_are_unified_and_noted(workspace: Workspace) -> None:
    files = {
        "plain.wav": written(tone(1)),
        "fast.wav": written(tone(1, rate=44_100), 44_100),
        "slow.wav": written(tone(1, rate=8_000), 8_000),
        "stereo.wav": written(np.stack([2 * tone(1), 0 * tone(1)], 1), subtype="FLOAT"),
        "long.wav": written(tone(1, 3.0)),
        "short.wav": written(tone(1, 0.2)),
    }
    dataset = ingest(workspace, [Upload(n, c) for n, c in files.items()], IngestOptions().replace({"seconds": 0.4}))
    spectrograms = dict(zip(files, levels(dataset)[:, 0], strict=True))
    inner = np.s_[:, 3:-4]
    loud = spectrograms["plain.wav"][inner] > 160
    for name in ("fast.wav", "slow.wav", "stereo.wav", "long.wav"):
        assert np.abs(spectrograms[name] - spectrograms["plain.wav"])[inner][loud].max() <= 2, name
    np.testing.assert_array_equal(spectrograms["short.wav"][:, :9], spectrograms["plain.wav"][:, :9])
    assert not spectrograms["short.wav"][:, -8:].any()
    for conversion in ("several channels", "longer, cut off", "shorter, padded with silence"):
        assert any(note.startswith("1 of 6 sounds") and conversion in note for note in dataset.notes), conversion
    assert any("44,100 Hz (1)" in note and "resampled to 16,000 Hz" in note for note in dataset.notes)


def test_the_usual_length_covers_nine_in_ten_sounds_up_to_two_seconds(workspace: Workspace) -> None:
    files = [Upload(f"{i}.wav", written(tone(i, 0.1 + 0.01 * i))) for i in range(11)]
    dataset = ingest(workspace, files)
    assert dataset.main_field.shape[2] == Spectrogram.for_rate(RATE, 64, 16).frames(round(0.19 * RATE))
    long = ingest(workspace, [Upload(f"{i}.wav", written(tone(i, 2.5))) for i in range(5)])
    assert long.main_field.shape[2] == Spectrogram.for_rate(RATE, 64, 16).frames(2 * RATE)


def test_the_spectrogram_can_be_chosen(workspace: Workspace) -> None:
    chosen = IngestOptions().replace({"sample_rate": 8_000, "mel_bands": 24, "hop_ms": 10, "seconds": 0.3})
    field = ingest(workspace, [Upload(f"{i}.wav", written(tone(i))) for i in range(5)], chosen).main_field
    assert field.shape == (1, 24, 31)
    assert (field.meta["rate"], field.meta["hop"], field.meta["mels"]) == (8_000, 80, 24)
