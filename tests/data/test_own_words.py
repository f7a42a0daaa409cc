"""Refusals of damaged files are in our own words: no message of a library reaches a person."""

import io
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import soundfile

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.formats._array_file import read_header
from aeexplorer.data.readers.arrow import ArrowSource, ParquetSource
from aeexplorer.data.readers.csv import CsvSource
from aeexplorer.data.readers.excel import ExcelSource
from aeexplorer.data.readers.image import ImageReader
from aeexplorer.data.readers.jsonl import JsonlSource
from aeexplorer.data.readers.sounds.audio import AudioReader
from aeexplorer.data.readers.video import VideoReader
from aeexplorer.data.uploads.members import Member, open_upload
from tests.data.filming import encoded, moving_bar
from tests.data.making import npy, pictures, png, zipped

_LIBRARY_WORDS = re.compile(
    r"psf_|Errno|Error\b|universal-newline|not a zip file|Bad CRC|Bad magic|EOF|truncated|Parquet magic|Invalid data found|"
    r"Invalid:|broken data stream|zlib|BytesIO|object at 0x|utf-8' codec|SoundFile|expected pattern|\(char \d+\)"
)


def written(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


TABLE = pa.table({"a": [1.0, 2.0] * 50, "b": ["x", "y"] * 50})
FLAC = written(lambda out: soundfile.write(out, np.random.default_rng(0).normal(size=9000) / 9, 8000, format="FLAC"))
CASES: dict[str, tuple[str, bytes, Callable[[Member], object]]] = {
    "picture": ("a.png", png(0, (64, 64))[:120], lambda m: ImageReader(8, 8, "crop").read(m)),
    "JPEG": ("a.jpg", png(1, (64, 64), "RGB", "JPEG")[:-90], lambda m: ImageReader(8, 8, "crop").read(m)),
    "sound": ("a.flac", FLAC[:60], lambda m: AudioReader(8000, 8000).read(m)),
    "half a sound": ("a.flac", FLAC[: len(FLAC) // 2], lambda m: AudioReader(8000, 9000).read(m)),
    "video": ("a.mp4", encoded(moving_bar(), start=True)[:1200], lambda m: VideoReader(4, 16, "crop").read(m)),
    "array": ("a.npy", npy(np.eye(3))[:30], read_header),
    "CSV": ("a.csv", b'a,b\r1,2\n"3,4\n5,6', lambda m: list(CsvSource(m).batches())),
    "JSON": ("a.json", b'[{"a": 1}, {"a": ', lambda m: list(JsonlSource(m).batches())),
    "Parquet": ("a.parquet", written(lambda out: pq.write_table(TABLE, out))[:-9], lambda m: ParquetSource([m])),
    "Arrow": ("a.arrow", written(lambda out: feather.write_feather(TABLE, out))[:-80], lambda m: list(ArrowSource(m).batches())),
    "Excel": ("a.xlsx", b"PK\x03\x04" + bytes(100), lambda m: ExcelSource(m, "")),
}


def refusal(act: Callable[[], object]) -> UploadRejected | None:
    try:
        act()
    except UploadRejected as refused:
        return refused
    return None


@pytest.mark.parametrize("case", list(CASES))
def test_damaged_files_are_refused_in_our_own_words(case: str) -> None:
    name, content, read = CASES[case]
    refused = refusal(lambda: read(Member(name, "", len(content), partial(io.BytesIO, content))))
    if refused is None:
        assert case in ("CSV", "half a sound")  # may be read as far as they go
    assert not _LIBRARY_WORDS.search(str(refused))


def damage(content: bytes, kind: str) -> bytes:
    if kind == "cut":
        return content[: len(content) // 2]
    changed = bytearray(content)
    if kind == "checksum":
        changed[content.find(b"PK\x01\x02") + 16] ^= 0xFF  # CRC-32 in the list of files
    else:
        changed[60:70] = bytes(10)
    return bytes(changed)


@pytest.mark.parametrize("kind", ["cut", "checksum", "data"])
def test_a_damaged_zip_is_called_so_with_the_place(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "z"
    path.write_bytes(damage(zipped({"x/" + name: content * 3 for name, content in pictures().items()}), kind))

    def read_all() -> None:
        with open_upload([("z.zip", path)]) as upload:
            for member in upload.members:
                member.read(1 << 20)

    refused = refusal(read_all)
    assert refused is not None
    assert "this zip is damaged" in str(refused)
    assert not _LIBRARY_WORDS.search(str(refused))
    assert refused.where == ("" if kind == "cut" else "x/0.png")
