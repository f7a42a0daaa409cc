"""Files for the tests, written by other libraries than our own."""

import hashlib
import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from aeexplorer.data.ingest.ingest import Upload


def png(seed: int = 0, size: tuple[int, int] = (8, 8), mode: str = "L", format: str = "PNG", **save: object) -> bytes:
    """Encode a random picture that is smooth enough to survive JPEG."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (2, 2, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR).convert(mode).save(out, format, **save)
    return out.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def pictures(n: int = 6, folder: str = "") -> dict[str, bytes]:
    return {f"{folder}{i}.png": png(i) for i in range(n)}


def npy(array: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.asarray(array), allow_pickle=True)
    return out.getvalue()


def npz(**arrays: object) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **{name: np.asarray(array) for name, array in arrays.items()})
    return out.getvalue()


def npy_header(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def png_of_size(width: int, height: int, data: bytes = b"", depth: int = 8, colour: int = 0) -> bytes:
    """Return a PNG whose header claims this size, bits per channel and colour type."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def upload(name: str, content: bytes) -> list[Upload]:
    return [Upload(name, content)]


def tree(root: Path) -> str:
    """Return a hash of all paths and bytes below a folder."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes() if path.is_file() else b"folder")
    return digest.hexdigest()
