"""Zips that are damaged, nested, encrypted, bombs, or with paths that lead out of them."""

import io
import struct
import zipfile

import numpy as np
import pytest

from aeexplorer.data.dataset import Dataset
from tests.data.hostile import Case, converted, refused
from tests.data.making import npy, pictures, png, zipped

GOOD = {"zip": {"good.zip": zipped(pictures())}}


def entry(name: str, attributes: int = 0, flags: int = 0) -> bytes:
    """Return a zip with one more entry, which has these attributes and flags in the central directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, content in pictures().items():
            archive.writestr(member, content)
        info = zipfile.ZipInfo(name)
        info.external_attr = attributes << 16
        archive.writestr(info, png(9))
        info.flag_bits |= flags
    return out.getvalue()


def overlapping() -> bytes:
    """Return a zip with two entries that point to the same data."""
    content = bytearray(zipped(pictures(), zipfile.ZIP_STORED))
    first = content.find(b"PK\x01\x02")
    second = content.find(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    return bytes(content)


def wrong_crc() -> bytes:
    content = bytearray(zipped(pictures(), zipfile.ZIP_STORED))
    content[content.find(b"IDAT") + 6] ^= 0xFF
    return bytes(content)


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.png", png(0))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", png(1))
    return out.getvalue()


def wrong_size() -> bytes:
    """Return a zip whose central directory gives the first member fewer bytes than it has."""
    content = bytearray(zipped(pictures(), zipfile.ZIP_STORED))
    entry = content.find(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 20)
    return bytes(content)


def no_bytes(n: int) -> bytes:
    """Return a zip of `n` empty members, written by hand for speed."""
    local, central = bytearray(), bytearray()
    for i in range(n):
        name, fields = b"%06d.png" % i, struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0, 0, 0, 0, 10, 0)
        central += b"PK\x01\x02\x14\x00" + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + name
        local += b"PK\x03\x04" + fields + name
    count = min(n, 0xFFFF)
    return bytes(local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(local), 0))


def check_collision(dataset: Dataset) -> None:
    assert dataset.table["source"].to_pylist()[:2] == ["a.png", "A.png"]
    assert not (dataset.main_field.array[0] == dataset.main_field.array[1]).all()


def check_hidden(dataset: Dataset) -> None:
    assert dataset.n == 6
    assert any(note.startswith("2 hidden files") for note in dataset.notes)


CASES: dict[str, Case] = {
    "zip slip": refused("z.zip", lambda: entry("../evil.png"), "../evil.png", "leads out of the zip"),
    "absolute": refused("z.zip", lambda: entry("/etc/evil.png"), "/etc/evil.png", "leads out of the zip"),
    "backslashes": refused("z.zip", lambda: entry("..\\evil.png"), "..\\evil.png", "leads out of the zip"),
    "drive": refused("z.zip", lambda: entry("C:evil.png"), "C:evil.png", "leads out of the zip"),
    "symlink": refused("z.zip", lambda: entry("link.png", attributes=0o120777), "link.png", "symbolic link"),
    "encrypted": refused("z.zip", lambda: entry("secret.png", flags=1), "secret.png", "encrypted"),
    "bomb": refused("z.zip", lambda: zipped({"a.png": png(0), "big.png": bytes(80 << 20)}), "big.png", "200 times its size"),
    "overlap": refused("z.zip", overlapping, ".png", "overlap"),
    "twice": refused("z.zip", twice, "a.png", "two members of this name"),
    "nested": refused("z.zip", lambda: zipped({"in.zip": zipped(pictures())}), "in.zip", "zip inside a zip"),
    "bad checksum": refused(
        "z.zip", wrong_crc, "0.png", "this zip is damaged: the content of this file does not match its checksum"
    ),
    "cut": refused("z.zip", lambda: zipped(pictures())[:-30], "", "this zip is damaged: the list of files at its end is missing"),
    "bzip2": refused("z.zip", lambda: zipped(pictures(), zipfile.ZIP_BZIP2), "0.png", "uncommon method"),
    "nothing to read": refused("z.zip", lambda: zipped({"a/": b"", "__MACOSX/b.png": png()}), "", "no file in it"),
    "mixed kinds": refused("z.zip", lambda: zipped({"a.png": png(), "x.npy": npy(np.eye(8))}), "a.png", "several kinds"),
    "wrong size": refused("z.zip", wrong_size, "0.png", "damaged"),
    "cut in the middle": refused("z.zip", lambda: zipped(pictures())[:200] + zipped(pictures())[300:], ".png", "damaged"),
    "100,000 empty members": refused("z.zip", lambda: no_bytes(100_000), "000000.png", "not a readable picture"),
    "bomb of many": refused("z.zip", lambda: zipped({f"{i}.png": bytes(1 << 20) for i in range(80)}), "", "200 times its size"),
    "link out by a folder": refused("z.zip", lambda: entry("a/../../b.png"), "a/../../b.png", "leads out"),
    "case collision": converted("z.zip", lambda: zipped({"a.png": png(0), "A.png": png(1)} | pictures(4)), check_collision),
    "__MACOSX": converted(
        "z.zip", lambda: zipped(pictures() | {"__MACOSX/._0.png": b"\x00\x05\x16\x07", ".DS_Store": b"x"}), check_hidden
    ),
}
