"""The declared dependencies are those that the package imports."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

INDIRECT = {
    "onnxscript": "torch.onnx imports it when it writes a graph",
}
"""Declared packages that need no import statement, and why."""
PEERS = {"keras", "lightning"}
"""Imported only by `aeexplorer.bench.peers`, which measures the peers that happen to be installed."""
TOOLS = {"hatchling", "mypy", "pandas-stubs", "pdoc", "pytest-xdist", "ruff"}
"""Packages of the extra ``test`` that are run, not imported."""


def normalised(name: str) -> str:
    """Return a distribution's name as in PEP 503, without version and markers."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


REQUIRED = {normalised(name) for name in PROJECT["dependencies"]}
EXTRAS = {
    extra: {normalised(name) for name in names} for extra, names in PROJECT["optional-dependencies"].items() if extra != "test"
}
TEST = {normalised(name) for name in PROJECT["optional-dependencies"]["test"]}
OPTIONAL = set().union(*EXTRAS.values()) - REQUIRED


def imports(node: ast.AST, lazily: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the top-level package and whether a function imports it, for each import of a module that runs."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        if isinstance(child, ast.Import):
            yield from ((alias.name.partition(".")[0], lazily) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module.partition(".")[0], lazily
        yield from imports(child, lazily or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def third_party(files: list[Path]) -> dict[str, set[tuple[str, bool]]]:
    """Return the imported distributions with the files (relative to the root) that import them, eagerly or lazily."""
    distributions = packages_distributions()
    own = sys.stdlib_module_names | {"aeexplorer", "tests"}
    uses: dict[str, set[tuple[str, bool]]] = {}
    for path in files:
        for package, lazily in imports(ast.parse(path.read_text("utf-8"))):
            if package not in own:
                distribution = normalised(distributions.get(package, [package])[0])
                uses.setdefault(distribution, set()).add((path.relative_to(ROOT).as_posix(), lazily))
    return uses


APP = [*(ROOT / "aeexplorer").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
USES = third_party([path for path in APP if "_site" not in path.parts])


@pytest.mark.parametrize("distribution", sorted(set(USES) - PEERS))
def test_an_imported_package_is_declared(distribution: str) -> None:
    assert distribution in REQUIRED | OPTIONAL, f"{sorted(USES[distribution])} import {distribution}, which is not declared"


@pytest.mark.parametrize("distribution", sorted(OPTIONAL))
def test_an_optional_package_is_imported_inside_functions_only(distribution: str) -> None:
    eager = {path for path, lazily in USES.get(distribution, set()) if not lazily}
    if distribution in EXTRAS["bench"]:
        eager = {path for path in eager if not path.startswith("aeexplorer/bench/")}
    assert not eager


def test_peers_are_imported_by_the_benchmark_only() -> None:
    assert {path for peer in PEERS for path in USES.get(peer, set())} == {("aeexplorer/bench/peers.py", True)}


def test_a_declared_package_is_imported() -> None:
    assert (REQUIRED | OPTIONAL) - set(USES) <= set(INDIRECT)


def test_the_extra_for_tests_has_every_other_extra_and_what_tests_import() -> None:
    assert OPTIONAL <= TEST
    files = [path for path in (ROOT / "tests").rglob("*.py") if "static" not in path.parts]
    installed = {normalised(name) for names in packages_distributions().values() for name in names}
    imported = set(third_party(files)) & installed  # without modules that tests write and find on a path of their own
    assert imported <= REQUIRED | TEST
    assert imported >= TEST - OPTIONAL - TOOLS


def test_maps_by_optional_packages_are_extras_of_their_names() -> None:
    from aeexplorer.analysis.maps.projections import methods

    packages = {name: normalised(method.package) for name, method in methods().items() if method.package}
    assert packages == {"pacmap": "pacmap", "tsne": "opentsne"}
    assert all(EXTRAS[name] == {package} for name, package in packages.items())
