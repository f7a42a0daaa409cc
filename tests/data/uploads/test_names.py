"""Names in zips, written by hand as the usual programs write them: UTF-8 without the flag, or a code page of Windows."""

import io
import struct
import unicodedata
import zipfile
import zlib

import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from aeexplorer.data.uploads.names import compose, decode_names
from tests.data.making import png, upload, zipped

DECOMPOSED = unicodedata.normalize("NFD", "été")
WORDS = {
    "utf-8": ["été", "Frühling", "猫", "зима"],
    "cp437": ["été", "Frühling", "niño"],
    "cp850": ["São Paulo", "ação"],
    "cp1252": ["Mädchen", "canción", "été"],
    "cp932": ["表示", "猫", "テスト", "ひらがな"],
    "gbk": ["猫", "狗", "飞机", "训练"],
    "cp949": ["고양이", "비행기", "꽃"],
    "big5": ["貓", "狗", "訓練", "飛機"],
    "cp866": ["зима", "лето", "кошка"],
    "cp1251": ["зима", "лето", "кошка"],
    "cp852": ["żółw", "źrebię", "kočka"],
    "cp1253": ["γάτα", "σκύλος"],
}


def unflagged(names: list[bytes]) -> bytes:
    """Return a zip of pictures whose names are these bytes, without the flag that says UTF-8."""
    places = [f"<{i}{'x' * len(name)}"[: len(name) - 1].encode() + b">" for i, name in enumerate(names)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for i, place in enumerate(places):
            archive.writestr(place.decode(), png(i))
    content = out.getvalue()
    for place, name in zip(places, names, strict=True):
        content = content.replace(place, name)
    return content


def entries(content: bytes) -> list[zipfile.ZipInfo]:
    return zipfile.ZipFile(io.BytesIO(content)).infolist()


@pytest.mark.parametrize(("encoding", "words"), WORDS.items(), ids=WORDS)
def test_names_without_a_flag_are_utf_8_or_the_most_plausible_code_page(encoding: str, words: list[str]) -> None:
    names = [f"data/{word}/{i}.png" for i, word in enumerate(words)]
    decoded = decode_names(entries(unflagged([name.encode(encoding) for name in names])))
    assert list(decoded.names) == names  # in gbk, the bytes of 猫 are valid UTF-8
    assert bool(decoded.code_page) == (encoding != "utf-8")


def test_a_trailing_byte_of_cp932_that_is_a_backslash_is_no_separator(workspace: Workspace) -> None:
    folders = ["表", "ソ", "能"]  # their second byte in cp932 is 0x5C
    assert all(folder.encode("cp932").endswith(b"\\") for folder in folders)
    names = [f"{folder}/写真{i}.png".encode("cp932") for i in range(4) for folder in folders]
    dataset = ingest(workspace, upload("z.zip", unflagged(names)))
    assert sorted(dataset.label_names) == sorted(folders)
    assert any("read as cp932" in note for note in dataset.notes)


def test_names_are_composed_in_labels_sources_and_manifests(workspace: Workspace) -> None:
    names = [unicodedata.normalize("NFD", f"café_{i}.png") for i in range(6)]
    manifest = "file,label\n" + "".join(f"café_{i}.png,{'été' if i % 2 else DECOMPOSED}\n" for i in range(6))
    content = {name: png(i) for i, name in enumerate(names)} | {"labels.csv": manifest.encode()}
    dataset = ingest(workspace, upload("z.zip", zipped(content)))
    assert dataset.label_names == ["été"]
    assert dataset.table["source"].to_pylist() == [compose(name) for name in names]


def test_names_of_uploaded_files_are_composed(workspace: Workspace) -> None:
    uploads = [Upload(f"{unicodedata.normalize('NFD', ('été', 'hiver')[i % 2])}/{i}.png", png(i)) for i in range(6)]
    assert ingest(workspace, uploads).label_names == ["hiver", "été"]


def test_label_columns_of_tables_are_composed(workspace: Workspace) -> None:
    rows = "".join(f"{i % 5},{i * i % 7},{('été', DECOMPOSED, 'hiver')[i % 3]}\n" for i in range(30))
    assert ingest(workspace, upload("t.csv", ("a,b,label\n" + rows).encode())).label_names == ["hiver", "été"]


def test_the_guessed_code_page_is_told_before_storing_and_can_be_changed(workspace: Workspace) -> None:
    names = [f"{word}/{i}.png".encode("cp1252") for i, word in enumerate(["Mädchen", "Jäger", "Bär", "Löwe", "Möwe", "Kröte"])]
    content = unflagged(names)
    guess = inspect(upload("z.zip", content))
    assert guess.code_page == "cp1252"
    assert "Mädchen" in guess.labels
    other = ingest(workspace, upload("z.zip", content), IngestOptions(name_encoding="cp437"))
    assert "MΣdchen" in other.label_names  # byte 0xE4 in cp437
    with pytest.raises(UploadRejected, match="not written in utf-8"):
        ingest(workspace, upload("z.zip", content), IngestOptions(name_encoding="utf-8"))


def test_the_unicode_path_of_info_zip_is_taken() -> None:
    raw = "Bär.png".encode("cp850")
    field = b"\1" + struct.pack("<I", zlib.crc32(raw)) + "Bär.png".encode()
    info = zipfile.ZipInfo(raw.decode("cp437"))
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    assert decode_names([info]).names == ("Bär.png",)
    info.extra = info.extra[:5] + bytes(4) + info.extra[9:]  # the checksum of another name
    assert decode_names([info]).code_page == "cp437"


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"Rar!\x1a\x07\x01\0", "RAR archive"), (b"7z\xbc\xaf\x27\x1c\0\4", "7z archive"), (b"\x1f\x8b\x08\0", "gzip file")],
)
def test_other_archives_are_refused_by_name(workspace: Workspace, content: bytes, kind: str) -> None:
    with pytest.raises(UploadRejected, match=f"it is a {kind}, which is not read"):
        ingest(workspace, upload("a.csv", content + bytes(100)))
