"""The layers: imports point downward only, the core knows no Streamlit, and what must start quickly imports nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "aeexplorer"

LAYERS: list[set[str]] = [
    {"", "errors", "settings", "registry", "locks", "workspace", "catalogue", "site"},
    {"data", "runfile"},
    {"modalities"},
    {"models"},
    {"training", "jobs"},
    {"analysis"},
    {"views", "lessons", "transfer", "public", "checkup", "demo", "exchange"},
    {"api"},
    {"ui"},
    {"pages", "app", "bench"},
    {"cli"},
]
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}
MAY_IMPORT_STREAMLIT = {"ui", "pages", "app", "api", "cli", "bench"}


def sources() -> Iterator[tuple[str, Path]]:
    """(part of the architecture, file) of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_site" not in path.parts:
            first = path.relative_to(PACKAGE).parts[0]
            yield ("" if first == "__init__.py" else first.removesuffix(".py")), path
    for path in sorted((ROOT / "pages").glob("*.py")):
        yield "pages", path
    yield "app", ROOT / "app.py"


def imports(node: ast.AST) -> Iterator[str]:
    """Dotted names of what a module imports, anywhere in it, but for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from imports(child)


MODULES = list(sources())
NAMES = [path.relative_to(ROOT).as_posix() for _, path in MODULES]


@pytest.mark.parametrize(("part", "path"), MODULES, ids=NAMES)
def test_imports_point_downward(part: str, path: Path) -> None:
    assert part in RANK, f"{path} belongs to no layer"
    for name in imports(ast.parse(path.read_text("utf-8"))):
        first, *rest = name.split(".")
        if first == "aeexplorer":
            imported = rest[0] if rest and rest[0] in RANK else ""
            assert RANK[imported] <= RANK[part], f"{part} imports {name}, which lies above it"
        if first == "streamlit":
            assert part in MAY_IMPORT_STREAMLIT, f"{part} imports streamlit"


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in memory after a statement in a fresh process."""
    program = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import aeexplorer", {"torch", "streamlit", "numpy", "pandas", "pyarrow"}),
        ("import aeexplorer.cli", {"torch", "streamlit", "numpy", "pandas", "sqlalchemy", "pydantic", "sklearn"}),
        ("import aeexplorer.data.ingest.child, aeexplorer.exchange.run_files.check", {"torch", "streamlit", "sklearn"}),
        ("import aeexplorer.exchange.check", {"torch", "onnx", "onnxruntime", "pandas"}),
        ("import aeexplorer.jobs.worker", {"torch", "streamlit"}),
        ("import aeexplorer.background.process", {"umap", "numba", "streamlit"}),
    ],
)
def test_what_starts_often_starts_light(statement: str, unwanted: set[str]) -> None:
    assert not loaded_by(statement) & unwanted


def test_every_public_name_is_there() -> None:
    import aeexplorer

    assert set(aeexplorer.__all__) == set(aeexplorer._HOMES)
    for name in aeexplorer.__all__:
        assert getattr(aeexplorer, name).__name__ == name
    assert set(aeexplorer.__all__) <= set(dir(aeexplorer))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = aeexplorer.nonsense
