import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aeexplorer.core import registry
from aeexplorer.core.errors import UserError

BASE = """
from abc import ABC, abstractmethod
class Thing(ABC):
    name: str
    @abstractmethod
    def do(self): ...
class Constant:
    def __init__(self, name): self.name = name
"""
CLASS = """
from {package}.base import Thing, Constant
class Mine(Thing):
    name = {name!r}
    def do(self): pass
class Half(Thing):
    name = "half"
class _Hidden(Mine):
    name = "hidden"
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "plugged_things"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "base.py").write_text(BASE)
    (folder / "_private.py").write_text("raise ImportError('never imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.collect.cache_clear()
    registry._public_modules.cache_clear()
    yield folder
    for name in [name for name in sys.modules if name.startswith("plugged_things")]:
        del sys.modules[name]


def _collect(kind: str) -> dict[str, object]:
    import plugged_things.base  # type: ignore[import-not-found]

    return registry.collect("plugged_things", getattr(plugged_things.base, kind))


def test_a_new_file_adds_an_entry(package: Path) -> None:
    (package / "one.py").write_text(CLASS.format(package="plugged_things", name="first"))
    (package / "two.py").write_text(CLASS.format(package="plugged_things", name="second"))
    entries = _collect("Thing")
    assert list(entries) == ["first", "second"]
    assert entries["first"].__module__ == "plugged_things.one"


def test_constants_are_collected_and_imported_classes_are_not(package: Path) -> None:
    (package / "one.py").write_text(CLASS.format(package="plugged_things", name="first"))
    imports = "from plugged_things.one import Mine\nfrom plugged_things.base import Constant\n"
    (package / "two.py").write_text(imports + "C = Constant('c')")
    assert list(_collect("Thing")) == ["first"]
    assert list(_collect("Constant")) == ["c"]


def test_two_entries_of_the_same_name_are_refused(package: Path) -> None:
    for module in ("one", "two"):
        (package / f"{module}.py").write_text(CLASS.format(package="plugged_things", name="same"))
    with pytest.raises(ValueError, match=r"two entries named 'same'; the second is in plugged_things\.two"):
        _collect("Thing")


def test_an_unknown_name_is_refused_and_the_known_names_are_listed() -> None:
    assert registry.get_by_name({"pca": 1, "umap": 2}, "umap", "projection") == 2
    with pytest.raises(UserError, match=r"no projection 'tsn'\. Choose one of pca, umap\."):
        registry.get_by_name({"pca": 1, "umap": 2}, "tsn", "projection")
