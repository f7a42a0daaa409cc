"""Zips that are damaged, nested, encrypted, bombs, or that name places outside."""

import io
import zipfile

import numpy as np
import pytest
from making import npy, pictures, png, zipped

from hostile import Case, refused

GOOD = {"zip": {"good.zip": zipped(pictures())}}


def entry(name: str, attributes: int = 0, flags: int = 0) -> bytes:
    """A zip with one more entry, of which the central directory says something special."""
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
    """Two entries whose central directory points at the same data."""
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
    "bad checksum": refused("z.zip", wrong_crc, "0.png", "damaged"),
    "cut": refused("z.zip", lambda: zipped(pictures())[:-30], "", "no readable zip"),
    "bzip2": refused("z.zip", lambda: zipped(pictures(), zipfile.ZIP_BZIP2), "0.png", "uncommon method"),
    "nothing to read": refused("z.zip", lambda: zipped({"a/": b"", "__MACOSX/b.png": png()}), "", "no file in it"),
    "mixed kinds": refused("z.zip", lambda: zipped({"a.png": png(), "x.npy": npy(np.eye(8))}), "a.png", "several kinds"),
}
