"""Full disks: errors that mean one, in the words of any library, become one error that says so."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aeexplorer.core.errors import UserError

MIN_FREE_BYTES = 1 << 20
"""Free bytes below which a disk counts as full, so that nothing new is started on it."""
_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_WORDS = re.compile(
    r"no space left on device|disk quota exceeded|disk is full|file too large"
    r"|os error (28|122|27)\b|\d+ requested and \d+ written",
    re.IGNORECASE,
)
"""What libraries say that raise errors without a number: safetensors, NumPy, SQLite, Arrow."""


class DiskFull(UserError, OSError):
    """A file could not be written because the disk is full, or the quota of the user."""

    def __init__(self) -> None:
        super().__init__("the disk is full, or your quota on it", "Free some space, then try again")
        self.errno = errno.ENOSPC

    def __str__(self) -> str:
        return str(self.args[0])


def means_full_disk(error: BaseException) -> bool:
    """Return whether an error, or the one that caused it, means that a disk or a quota is full."""
    if isinstance(error, OSError) and error.errno in _NUMBERS:
        return True
    if not isinstance(error, UserError) and _WORDS.search(str(error)):
        return True
    return error.__cause__ is not None and means_full_disk(error.__cause__)


@contextmanager
def naming_full_disk() -> Iterator[None]:
    """Turn errors of the ``with`` block that mean a full disk into `DiskFull`."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if means_full_disk(error):
            raise DiskFull from error
        raise


def has_space(folder: Path) -> bool:
    """Return whether the disk of a folder has room for anything new. Quotas are not seen."""
    try:
        return shutil.disk_usage(folder).free >= MIN_FREE_BYTES
    except OSError:
        return True
