"""Hostile uploads, one module per family. `test_hostile.py` and `test_flips.py` collect all modules of this folder.

Each module defines ``CASES: dict[str, Case]``, inputs that must do no harm, and ``GOOD: dict[str, Files]``, small valid
uploads. The first valid upload is tried after all hostile ones of the family, and bytes of each are flipped.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions

Files = Mapping[str, bytes]
"""Content of each file of an upload, by name."""
DEFAULT = IngestOptions()


@dataclass(frozen=True)
class Case:
    """A hostile upload, which must be refused or converted to a certain dataset.

    Parameters
    ----------
    files
        Returns the files to upload.
    where, reason, fix
        Parts of the place (member, row, column), the reason and the fix in the refusal.
    options
        Options of the upload.
    converted
        Checks the dataset of an upload that is accepted; None if the upload is refused.
    file
        File that the refusal names; empty for the first one.
    """

    files: Callable[[], Files]
    where: str = ""
    reason: str = ""
    fix: str = ""
    options: IngestOptions = DEFAULT
    converted: Callable[[Dataset], None] | None = None
    file: str = ""


def refused(
    name: str, make: Callable[[], bytes], where: str, reason: str, fix: str = "", options: IngestOptions = DEFAULT
) -> Case:
    """Return a case of one file that is refused."""
    return Case(lambda: {name: make()}, where, reason, fix, options)


def converted(name: str, make: Callable[[], bytes], check: Callable[[Dataset], None], options: IngestOptions = DEFAULT) -> Case:
    """Return a case of one file that is accepted, and whose dataset is checked."""
    return Case(lambda: {name: make()}, options=options, converted=check)


def families() -> Iterator[tuple[str, ModuleType]]:
    """Yield name and content of each module of this folder."""
    for module in pkgutil.iter_modules(__path__):
        yield module.name, importlib.import_module(f"{__name__}.{module.name}")
