"""A fault: a small wrong change of one module, and the tests that must notice it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Fault:
    """A replacement of one text in one module.

    Parameters
    ----------
    name
        What is wrong with the fault in place, unique among all faults.
    module
        Path of the module within ``aeexplorer/``.
    original, replacement
        The text as it is, exactly once in the module, and what takes its place.
    tests
        Files or node ids of the tests that concern it.
    equivalent
        Why no test can notice the fault; empty if one should.
    """

    name: str
    module: str
    original: str
    replacement: str
    tests: tuple[str, ...]
    equivalent: str = ""

    def path(self, root: Path) -> Path:
        """Return the module's path in a working tree."""
        return root / "aeexplorer" / self.module

    def faulty(self, source: str) -> str:
        """Return the source of the module with the fault in place.

        Raises
        ------
        ValueError
            If the original text is not there exactly once.
        """
        count = source.count(self.original)
        if count != 1:
            raise ValueError(f"{self.name}: {self.original!r} is {count} times in {self.module}, and not once")
        return source.replace(self.original, self.replacement)


def faults_of(
    module: str,
    changes: Mapping[str, tuple[str, str]],
    tests: Sequence[str] = (),
    equivalent: Mapping[str, str] | None = None,
) -> list[Fault]:
    """Describe the faults of one module.

    Parameters
    ----------
    module
        Path of the module within ``aeexplorer/``.
    changes
        Name of each fault → original text and replacement.
    tests
        Tests that concern the module; by default, its mirror: ``models/codebook.py`` → ``tests/models/test_codebook.py``.
    equivalent
        Name of a fault → why no test can notice it.
    """
    mirror = PurePosixPath("tests", module).with_name(f"test_{PurePosixPath(module).name}")
    chosen, reasons = tuple(tests) or (str(mirror),), equivalent or {}
    return [Fault(name, module, *change, chosen, reasons.get(name, "")) for name, change in changes.items()]
