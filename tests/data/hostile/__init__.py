"""Bad inputs, a module a family; a new module of this folder is found by itself (see `test_hostile.py`, `test_flips.py`).

Each offers ``CASES: dict[str, Case]``, inputs that must do no harm, and ``GOOD: dict[str, Files]``, small uploads that
work: the first is tried after all bad inputs of the family, and bytes of each are flipped.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions

Files = Mapping[str, bytes]
"""An upload: name → content."""
DEFAULT = IngestOptions()


@dataclass(frozen=True)
class Case:
    """A bad input, and what must come of it: a refusal, or a dataset.

    Parameters
    ----------
    files
        Makes what is uploaded: name → content.
    where, reason, fix
        Parts of what the refusal says of the place (member, row, column), the cause and the cure; the file is checked too.
    options
        The choices the upload comes with.
    converted
        Given for an input that is taken: asserts what the dataset must be.
    file
        The file that the refusal names, where several are uploaded.
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
    """One file that is refused."""
    return Case(lambda: {name: make()}, where, reason, fix, options)


def converted(name: str, make: Callable[[], bytes], check: Callable[[Dataset], None], options: IngestOptions = DEFAULT) -> Case:
    """One file that is taken, and what the dataset must be."""
    return Case(lambda: {name: make()}, options=options, converted=check)


def families() -> Iterator[tuple[str, ModuleType]]:
    """The modules of this folder by name."""
    for module in pkgutil.iter_modules(__path__):
        yield module.name, importlib.import_module(f"{__name__}.{module.name}")
