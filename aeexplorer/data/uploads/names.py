"""Names of the files in a zip: which bytes are which characters, composed (NFC) as all other texts are.

A zip says of a name only that it is UTF-8, or nothing. Without that flag it may be UTF-8 all the same (macOS), or written in the
code page of the computer that packed it (Windows). Such a code page can only be guessed from how plausible the decoded names are.
"""

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from aeexplorer.data.uploads.plausibility import plausibility

CODE_PAGES = ("cp437", "cp850", "cp1252", "cp932", "gbk", "cp949", "big5", "cp866", "cp1251", "cp852", "cp1250", "cp1253")
"""Code pages to guess from; of equally plausible ones, the first is taken."""
_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075  # extra field of Info-ZIP: the name in UTF-8, with a checksum of the other name
_MAX_GUESSED_BYTES = 1 << 16  # of names that the guess is based on


@dataclass(frozen=True)
class DecodedNames:
    """Names of the members of a zip, in the order of its entries."""

    names: tuple[str, ...]
    code_page: str = ""
    """Code page that was guessed or chosen for the names that are not UTF-8; empty if there are none."""
    example: str = ""
    """First name that was decoded in the code page."""
    is_decodable: bool = True
    """Whether the code page decodes all names."""


def compose(text: str) -> str:
    """Return a name in the composed form (Unicode NFC), so that equal names are equal however a system writes its accents."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def decode_names(infos: Sequence[zipfile.ZipInfo], encoding: str = "auto") -> DecodedNames:
    """Decode the names of the entries of a zip.

    Parameters
    ----------
    infos
        Entries of the zip.
    encoding
        Encoding of the names without a flag; ``auto`` takes UTF-8 where it fits, and else the most plausible code page.
    """
    names = [_flagged_name(info) for info in infos]
    raw = {i: _raw_name(info) for i, (info, name) in enumerate(zip(infos, names, strict=True)) if name is None}
    # all or none are UTF-8: single short names of other code pages may happen to be valid UTF-8
    code_page = encoding if encoding != "auto" else "utf-8" if _is_utf8(raw.values()) else _guess_code_page(list(raw.values()))
    texts = {i: compose(content.decode(code_page, "replace")) for i, content in raw.items()}
    is_legacy = bool(raw) and not (encoding == "auto" and code_page == "utf-8")
    return DecodedNames(
        tuple(texts[i] if name is None else compose(name) for i, name in enumerate(names)),
        code_page if is_legacy else "",
        next(iter(texts.values()), ""),
        not any("\ufffd" in text for text in texts.values()),
    )


def _flagged_name(info: zipfile.ZipInfo) -> str | None:
    """Return the name if the zip says how it is written, or it is plain ASCII; else None."""
    if info.flag_bits & _UTF8_FLAG or info.orig_filename.isascii():
        return info.filename
    raw, rest = _raw_name(info), info.extra
    while len(rest) >= 4:
        kind, size = struct.unpack("<HH", rest[:4])
        content, rest = rest[4 : 4 + size], rest[4 + size :]
        if kind == _UNICODE_PATH and content[1:5] == struct.pack("<I", zlib.crc32(raw)):
            try:
                return content[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _is_utf8(names: Iterable[bytes]) -> bool:
    try:
        b"/".join(names).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a name without the UTF-8 flag, which `zipfile` decodes as cp437, up to the first NUL."""
    return info.orig_filename.encode("cp437").partition(b"\0")[0]


def _guess_code_page(names: Sequence[bytes]) -> str:
    """Return the code page under which names look most like words."""
    text = b"\n".join(dict.fromkeys(part for name in names for part in name.split(b"/") if not part.isascii()))
    text = text[: text.rfind(b"\n", 0, _MAX_GUESSED_BYTES)] if len(text) > _MAX_GUESSED_BYTES else text
    return max(CODE_PAGES, key=partial(plausibility, text))
