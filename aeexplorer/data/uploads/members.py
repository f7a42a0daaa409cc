"""The files of an upload, one by one, whether they came as such or inside a zip; nothing is ever extracted by name."""

import posixpath
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import IO

from aeexplorer.core.errors import UploadRejected

MAX_MEMBERS = 500_000
MAX_BYTES = 16 << 30  # of all members together, unpacked
MAX_RATIO = 200  # unpacked to packed, where it is more than a trifle
_TRIFLE = 64 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER = 30
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PAR1", "parquet"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\x1aE\xdf\xa3", "webm"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "feather"),
    (b"\xff\xff\xff\xff", "arrows"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    *((bytes((0xFF, second)), "mp3") for second in (0xFB, 0xF3, 0xF2)),
)
_NO_VIDEO = (b"M4A ", b"M4B ", b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")  # brands of sounds and pictures
_HIDDEN = ("__MACOSX", "Thumbs.db")
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


@dataclass(frozen=True, eq=False)
class Member:
    """One file of an upload.

    Parameters
    ----------
    file
        The uploaded file, as the person named it.
    path
        Its path inside the zip, or an empty string for a file that was uploaded as it is.
    size
        Its bytes, unpacked.
    opener
        Opens it for reading.
    document
        What a zip is that is a document by itself: xlsx, ods, or an empty string.
    """

    file: str
    path: str
    size: int
    opener: Callable[[], IO[bytes]]
    document: str = ""

    @property
    def name(self) -> str:
        """Path inside the zip, or the file's name."""
        return self.path or self.file

    @cached_property
    def suffix(self) -> str:
        """Extension in lower case, with the dot."""
        return posixpath.splitext(self.name)[1].lower()

    @cached_property
    def kind(self) -> str:
        """What the first bytes say it is (png, zip, mp4, …), or an empty string."""
        if self.document or self.size == 0:
            return self.document
        with self.open() as source:
            head = source.read(20)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return "webp"
        if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
            return "wav"
        if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
            return "bmp"
        if head[4:8] == b"ftyp" and head[8:12] not in _NO_VIDEO:
            return "mp4"
        return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Read it as a stream; damage inside a zip is refused by the member's name."""
        try:
            source = self.opener()
        except _BROKEN as error:
            if not self.path:
                raise
            raise self._damaged(error) from None
        try:
            with source:
                yield source
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> UploadRejected:
        return self.rejected(f"it is damaged inside the zip ({error})", "Pack the zip anew")

    def read(self, most: int) -> bytes:
        """All its bytes; refused when they are more than `most`."""
        if self.size > most:
            raise self.rejected(f"it has {self.size:,} bytes, more than the {most:,} allowed", "Make it smaller")
        with self.open() as source:
            return source.read()

    def rejected(self, reason: str, fix: str, where: str = "") -> UploadRejected:
        """The refusal of this member, or of a place inside it."""
        return UploadRejected(self.file, ", ".join(part for part in (self.path, where) if part), reason, fix)


@dataclass(frozen=True)
class Opened:
    """The members of an upload, and how many hidden ones were ignored."""

    members: list[Member]
    hidden: int


@contextmanager
def opened(files: list[tuple[str, Path]]) -> Iterator[Opened]:
    """The members of the uploaded files; zips are opened, and refused where they could harm.

    Parameters
    ----------
    files
        The name a person gave and where the bytes lie.
    """
    members, archives, hidden = [], [], 0
    try:
        for name, path in files:
            plain = Member(name, "", path.stat().st_size, _from_disk(path))
            if _is_hidden(name):
                hidden += 1
                continue
            if plain.size == 0:
                raise plain.rejected("it is empty", "Choose a file with something in it")
            if plain.kind != "zip":
                members.append(plain)
                continue
            try:
                archive = zipfile.ZipFile(path)
            except _BROKEN as error:
                raise plain.rejected(f"it is no readable zip ({error})", "Pack the zip anew") from None
            archives.append(archive)
            infos = _checked(plain, archive)
            if document := _document(infos):
                members.append(replace(plain, document=document))
                continue
            shown = [info for info in infos if not _is_hidden(info.filename)]
            hidden += len(infos) - len(shown)
            members += [Member(name, info.filename, info.file_size, partial(archive.open, info)) for info in shown]
        yield Opened(members, hidden)
    finally:
        for archive in archives:
            archive.close()


def _from_disk(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _document(infos: list[zipfile.ZipInfo]) -> str:
    names = {info.filename for info in infos}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else ""


def _is_hidden(path: str) -> bool:
    return any(part in _HIDDEN or (part.startswith(".") and part not in (".", "..")) for part in path.split("/"))


def _checked(plain: Member, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The file entries of a zip, after refusing everything that a plain zip of data never has."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise plain.rejected(f"it has {len(infos):,} members, more than {MAX_MEMBERS:,}", "Divide it")
    for info in infos:
        _check_entry(plain, info)
    repeated = [name for name, times in Counter(info.filename for info in infos).items() if times > 1]
    if repeated:
        raise plain.rejected("it has two members of this name", "Pack the zip anew from a folder", repeated[0])
    _check_size(plain, infos)
    _check_overlap(plain, infos, archive.start_dir)
    return [info for info in infos if not info.is_dir()]


def _check_entry(plain: Member, info: zipfile.ZipInfo) -> None:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        raise plain.rejected("its path leads out of the zip", "Pack the zip anew from inside the folder", name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise plain.rejected("it is a symbolic link", "Pack the files themselves, not links to them", name)
    if info.flag_bits & 1:
        raise plain.rejected("it is encrypted", "Pack the zip without a password", name)
    if info.compress_type not in _METHODS:
        raise plain.rejected("it is packed by an uncommon method", "Pack the zip with the usual method (deflate)", name)


def _check_size(plain: Member, infos: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if unpacked > MAX_BYTES:
        raise plain.rejected(f"it unpacks to {unpacked:,} bytes, more than {MAX_BYTES:,}", "Divide it")
    for info in infos:
        if info.file_size > _TRIFLE and info.file_size > MAX_RATIO * info.compress_size:
            raise plain.rejected("it unpacks to more than 200 times its size", "Pack ordinary files", info.filename)
    if unpacked > _TRIFLE and unpacked > MAX_RATIO * packed:
        raise plain.rejected("it unpacks to more than 200 times its size", "Pack ordinary files")


def _check_overlap(plain: Member, infos: list[zipfile.ZipInfo], end: int) -> None:
    following = end
    for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
        if info.header_offset + _LOCAL_HEADER + len(info.orig_filename) + info.compress_size > following:
            raise plain.rejected("its data overlap those of another member", "Pack the zip anew", info.filename)
        following = info.header_offset
