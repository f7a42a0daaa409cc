"""Zips: which of them are safe to read, the names of their files, and what is damaged, in our own words."""

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.names import DecodedNames, decode_names

MAX_MEMBERS = 500_000
MAX_BYTES = 16 << 30  # unpacked size of all members together
MAX_RATIO = 200  # of unpacked to packed size, checked above the next constant
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
"""Errors that Python raises for a zip that is damaged or of an uncommon kind."""
MAX_END_BYTES = 66_000
"""Bytes at the end of a zip in which its list of files must be announced."""
_MIN_CHECKED_BYTES = 64 << 20
_COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER_BYTES = 30


class Reject(Protocol):
    """Creates the refusal of a zip, or of its member `where`."""

    def __call__(self, reason: str, fix: str, where: str = "") -> UploadRejected: ...


@dataclass(frozen=True)
class Entry:
    """A file of a zip."""

    info: zipfile.ZipInfo
    name: str
    """Decoded path in the zip."""


def document_kind(entries: Sequence[Entry]) -> str:
    """Return ``xlsx`` or ``ods`` for a zip that is such a document, else an empty string."""
    names = {entry.info.filename for entry in entries}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else ""


def read_entries(reject: Reject, archive: zipfile.ZipFile, encoding: str) -> tuple[list[Entry], DecodedNames]:
    """Return the files of a zip, and how their names were decoded, see `decode_names`.

    Raises
    ------
    UploadRejected
        For anything that an ordinary zip of data does not contain, and for names that the encoding cannot decode.
    """
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise reject(f"it has {len(infos):,} members, more than {MAX_MEMBERS:,}", "Divide it into several zips")
    decoded = decode_names(infos, encoding)
    if not decoded.is_decodable:
        raise reject(f"its names are not written in {decoded.code_page}", "Choose another encoding of names", decoded.example)
    entries = [Entry(info, name) for info, name in zip(infos, decoded.names, strict=True)]
    for entry in entries:
        _check_entry(reject, entry)
    repeated = [name for name, times in Counter(info.filename for info in infos).items() if times > 1]
    if repeated:
        raise reject("it has two members of this name", "Create the zip again from a folder", repeated[0])
    _check_size(reject, entries)
    _check_overlap(reject, entries, archive.start_dir)
    return [entry for entry in entries if not entry.info.is_dir()], decoded


def _check_entry(reject: Reject, entry: Entry) -> None:
    info, name = entry.info, entry.name
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        raise reject("its path leads out of the zip", "Create the zip again from inside the folder", name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise reject("it is a symbolic link", "Put the files themselves into the zip, not links to them", name)
    if info.flag_bits & 1:
        raise reject("it is encrypted", "Create the zip without a password", name)
    if info.compress_type not in _COMPRESSION_METHODS:
        raise reject("it is compressed with an uncommon method", "Create the zip with the usual method (deflate)", name)


def _check_size(reject: Reject, entries: Sequence[Entry]) -> None:
    unpacked, packed = sum(e.info.file_size for e in entries), sum(e.info.compress_size for e in entries)
    reason, fix = f"it unpacks to more than {MAX_RATIO} times its size", "Put only ordinary data files into the zip"
    if unpacked > MAX_BYTES:
        raise reject(f"it unpacks to {unpacked:,} bytes, more than {MAX_BYTES:,}", "Divide it into several uploads")
    for entry in entries:
        if entry.info.file_size > _MIN_CHECKED_BYTES and entry.info.file_size > MAX_RATIO * entry.info.compress_size:
            raise reject(reason, fix, entry.name)
    if unpacked > _MIN_CHECKED_BYTES and unpacked > MAX_RATIO * packed:
        raise reject(reason, fix)


def _check_overlap(reject: Reject, entries: Sequence[Entry], end: int) -> None:
    following = end
    for entry in sorted(entries, key=lambda entry: entry.info.header_offset, reverse=True):
        info = entry.info
        if info.header_offset + _LOCAL_HEADER_BYTES + len(info.orig_filename) + info.compress_size > following:
            raise reject("its data overlap the data of another member", "Create the zip again", entry.name)
        following = info.header_offset


def explain_damage(error: Exception) -> str:
    """Say what is damaged in a zip, in a clause that follows "this zip is damaged"."""
    if isinstance(error, EOFError):
        return "the data of this file end too early"
    if isinstance(error, zlib.error):
        return "the packed data of this file cannot be unpacked"
    if isinstance(error, zipfile.BadZipFile) and "CRC" in str(error):
        return "the content of this file does not match its checksum"
    return "the data of this file do not begin where the zip's list of files says"


def explain_unreadable(content_end: bytes, error: Exception) -> str:
    """Say why a zip cannot be opened, from its last bytes, in a clause that follows "this zip is damaged"."""
    if isinstance(error, UnicodeDecodeError):
        return "the name of a file is not the UTF-8 that the zip declares"
    if b"PK\x05\x06" not in content_end:
        return "the list of files at its end is missing, as in a file that was cut off"
    return "the list of files at its end cannot be read"
