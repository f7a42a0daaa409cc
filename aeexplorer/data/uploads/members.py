"""Members of an upload: the uploaded files and the files inside uploaded zips. No member is extracted to a path."""

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
MAX_BYTES = 16 << 30  # unpacked size of all members together
MAX_RATIO = 200  # of unpacked to packed size, checked above the next constant
_MIN_CHECKED_BYTES = 64 << 20
_COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER_BYTES = 30
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)

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
_NON_VIDEO_BRANDS = (b"M4A ", b"M4B ", b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")  # sounds and pictures
_HIDDEN = ("__MACOSX", "Thumbs.db")
_BMP_HEADER_BYTES = (12, 40, 52, 56, 64, 108, 124)


@dataclass(frozen=True, eq=False)
class Member:
    """One file of an upload.

    Parameters
    ----------
    file
        Name of the uploaded file, as the user gave it.
    path
        Path inside the zip; an empty string for a file that is not inside a zip.
    size
        Unpacked size in bytes.
    opener
        Opens the member for reading.
    document
        ``xlsx`` or ``ods`` for a zip that is such a document, else an empty string.
    """

    file: str
    path: str
    size: int
    opener: Callable[[], IO[bytes]]
    document: str = ""

    @property
    def name(self) -> str:
        """Path inside the zip, or the name of the file."""
        return self.path or self.file

    @cached_property
    def suffix(self) -> str:
        """Extension of the name in lower case, with the dot."""
        return posixpath.splitext(self.name)[1].lower()

    @cached_property
    def kind(self) -> str:
        """Kind of file according to the first bytes (png, zip, mp4, …); an empty string if unknown."""
        if self.document or self.size == 0:
            return self.document
        with self.open() as source:
            head = source.read(20)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return "webp"
        if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
            return "wav"
        if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
            return "bmp"
        if head[4:8] == b"ftyp" and head[8:12] not in _NON_VIDEO_BRANDS:
            return "mp4"
        return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the member as a stream. Raises `UploadRejected` if its data inside the zip are damaged."""
        try:
            source = self.opener()
        except _ZIP_ERRORS as error:
            if not self.path:
                raise
            raise self._damaged(error) from None
        try:
            with source:
                yield source
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> UploadRejected:
        return self.rejected(f"it is damaged inside the zip ({error})", "Create the zip again")

    def read(self, max_bytes: int) -> bytes:
        """Read the whole member. Raises `UploadRejected` if it is larger than `max_bytes`."""
        if self.size > max_bytes:
            raise self.rejected(f"it has {self.size:,} bytes, more than the {max_bytes:,} allowed", "Make it smaller")
        with self.open() as source:
            return source.read()

    def rejected(self, reason: str, fix: str, where: str = "") -> UploadRejected:
        """Create the error that rejects this member, or the location `where` inside it."""
        return UploadRejected(self.file, ", ".join(part for part in (self.path, where) if part), reason, fix)


@dataclass(frozen=True)
class OpenedUpload:
    """The members of an upload, and the number of hidden members that are ignored."""

    members: list[Member]
    hidden: int


@contextmanager
def open_upload(files: list[tuple[str, Path]]) -> Iterator[OpenedUpload]:
    """Open the uploaded files and the zips among them.

    Parameters
    ----------
    files
        Name and path of each file. The name is the one that the user gave, and is only shown.

    Raises
    ------
    UploadRejected
        If a file is empty, or a zip is damaged or unsafe.
    """
    members, archives, hidden = [], [], 0
    try:
        for name, path in files:
            file = Member(name, "", path.stat().st_size, _file_opener(path))
            if _is_hidden(name):
                hidden += 1
                continue
            if file.size == 0:
                raise file.rejected("it is empty", "Choose a file that is not empty")
            if file.kind != "zip":
                members.append(file)
                continue
            try:
                archive = zipfile.ZipFile(path)
            except _ZIP_ERRORS as error:
                raise file.rejected(f"it is not a readable zip ({error})", "Create the zip again") from None
            archives.append(archive)
            infos = _safe_entries(file, archive)
            if document := _document_kind(infos):
                members.append(replace(file, document=document))
                continue
            visible = [info for info in infos if not _is_hidden(info.filename)]
            hidden += len(infos) - len(visible)
            members += [Member(name, info.filename, info.file_size, partial(archive.open, info)) for info in visible]
        yield OpenedUpload(members, hidden)
    finally:
        for archive in archives:
            archive.close()


def _file_opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _document_kind(infos: list[zipfile.ZipInfo]) -> str:
    names = {info.filename for info in infos}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else ""


def _is_hidden(path: str) -> bool:
    return any(part in _HIDDEN or (part.startswith(".") and part not in (".", "..")) for part in path.split("/"))


def _safe_entries(file: Member, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the file entries of a zip. Raises `UploadRejected` for anything that an ordinary zip of data does not contain."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise file.rejected(f"it has {len(infos):,} members, more than {MAX_MEMBERS:,}", "Divide it into several zips")
    for info in infos:
        _check_entry(file, info)
    repeated = [name for name, times in Counter(info.filename for info in infos).items() if times > 1]
    if repeated:
        raise file.rejected("it has two members of this name", "Create the zip again from a folder", repeated[0])
    _check_size(file, infos)
    _check_overlap(file, infos, archive.start_dir)
    return [info for info in infos if not info.is_dir()]


def _check_entry(file: Member, info: zipfile.ZipInfo) -> None:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        raise file.rejected("its path leads out of the zip", "Create the zip again from inside the folder", name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise file.rejected("it is a symbolic link", "Put the files themselves into the zip, not links to them", name)
    if info.flag_bits & 1:
        raise file.rejected("it is encrypted", "Create the zip without a password", name)
    if info.compress_type not in _COMPRESSION_METHODS:
        raise file.rejected("it is compressed with an uncommon method", "Create the zip with the usual method (deflate)", name)


def _check_size(file: Member, infos: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    reason, fix = f"it unpacks to more than {MAX_RATIO} times its size", "Put only ordinary data files into the zip"
    if unpacked > MAX_BYTES:
        raise file.rejected(f"it unpacks to {unpacked:,} bytes, more than {MAX_BYTES:,}", "Divide it into several uploads")
    for info in infos:
        if info.file_size > _MIN_CHECKED_BYTES and info.file_size > MAX_RATIO * info.compress_size:
            raise file.rejected(reason, fix, info.filename)
    if unpacked > _MIN_CHECKED_BYTES and unpacked > MAX_RATIO * packed:
        raise file.rejected(reason, fix)


def _check_overlap(file: Member, infos: list[zipfile.ZipInfo], end: int) -> None:
    following = end
    for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
        if info.header_offset + _LOCAL_HEADER_BYTES + len(info.orig_filename) + info.compress_size > following:
            raise file.rejected("its data overlap the data of another member", "Create the zip again", info.filename)
        following = info.header_offset
