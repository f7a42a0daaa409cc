"""The rooms: imports point downward only, no circles, no private modules of others, nothing heavy where the start is quick."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "aeexplorer"

RANKS: list[set[str]] = [
    {"core"},
    {"data"},
    {"modalities"},
    {"models"},
    {"training"},
    {"jobs"},
    {"analysis"},
    {"background", "views"},
    {"exchange", "public"},
    {"routes"},
    {"ui"},
    {"bench", "pages", "app"},
    {"cli"},
    {"aeexplorer"},
]
"""From the bottom to the top: a room imports rooms of lower rank, and itself. Rooms of the same rank do not import each other."""
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
MAY_IMPORT_STREAMLIT = {"ui", "pages", "app", "cli", "bench"}
REGISTRIES = {"data/formats", "data/samples", "ui/explore/panels"}
"""Folders that grow by one file for each thing that is added: their number of files has no limit."""
MAX_FILES = 15


def module_name(path: Path) -> str:
    """Dotted name of a module; that of a package for its ``__init__.py``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """The room of a module: its folder right below the package, or ``pages``, or ``app``."""
    parts = module.split(".")
    return parts[1] if parts[0] == "aeexplorer" and len(parts) > 1 else parts[0]


PATHS = {
    module_name(path): path
    for path in (*sorted(PACKAGE.rglob("*.py")), *sorted((ROOT / "pages").glob("*.py")), ROOT / "app.py")
    if "_site" not in path.parts
}


def imports(node: ast.AST) -> Iterator[str]:
    """Dotted names of what a module imports anywhere in it, except for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from imports(child)


def own_module(name: str) -> str:
    """The module of this project that an imported name lies in: the name itself, or the part before its last dot."""
    return name if name in PATHS else name.rpartition(".")[0]


IMPORTS = {module: list(imports(ast.parse(path.read_text("utf-8")))) for module, path in PATHS.items()}
OWN_IMPORTS = {
    module: {own_module(name) for name in names if name.startswith("aeexplorer.")} - {module} for module, names in IMPORTS.items()
}


@pytest.mark.parametrize("module", PATHS)
def test_imports_point_downward(module: str) -> None:
    room = room_of(module)
    assert room in RANK, f"{module} belongs to no room"
    for imported in OWN_IMPORTS[module]:
        other = room_of(imported)
        assert other == room or RANK[other] < RANK[room], f"{module} imports {imported}, which does not lie below it"


@pytest.mark.parametrize("module", PATHS)
def test_the_core_knows_no_streamlit(module: str) -> None:
    streamlit = [name for name in IMPORTS[module] if name.split(".")[0] == "streamlit"]
    assert not streamlit or room_of(module) in MAY_IMPORT_STREAMLIT


@pytest.mark.parametrize("module", PATHS)
def test_private_modules_are_imported_in_their_folder_only(module: str) -> None:
    for imported in OWN_IMPORTS[module]:
        parts = imported.split(".")
        folders = [".".join(parts[:i]) for i, part in enumerate(parts) if part.startswith("_")]
        for folder in folders:
            assert module == folder or module.startswith(f"{folder}."), f"{module} imports the private {imported}"


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle in a directed graph, as the names along it; empty where there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name not in done:
            for other in sorted(graph.get(name, ())):
                if found := walk(other, [*path, name]):
                    return found
            done.add(name)
        return []

    return next((found for name in graph if (found := walk(name, []))), [])


def children(package: str) -> dict[str, set[str]]:
    """What a package holds, modules and folders, each with those beside it that it imports anywhere inside."""
    depth = len(package.split("."))
    graph: dict[str, set[str]] = {}
    for module, imported in OWN_IMPORTS.items():
        if module.startswith(f"{package}."):
            child = module.split(".")[depth]
            others = {name.split(".")[depth] for name in imported if name.startswith(f"{package}.")}
            graph.setdefault(child, set()).update(others - {child})
    return graph


PACKAGES = [module for module, path in PATHS.items() if path.name == "__init__.py"]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_between_what_a_folder_holds(package: str) -> None:
    assert circle(children(package)) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_folder_holds_more_files_than_one_can_look_over() -> None:
    counts = {
        folder.relative_to(PACKAGE).as_posix(): len(list(folder.glob("*.py"))) for folder in PACKAGE.rglob("*") if folder.is_dir()
    }
    crowded = {name: n for name, n in counts.items() if n > MAX_FILES and name not in REGISTRIES and not name.startswith("_site")}
    assert crowded == {}


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

    assert set(aeexplorer.__all__) == set(aeexplorer._MODULES)
    for name in aeexplorer.__all__:
        assert getattr(aeexplorer, name).__name__ == name
    assert set(aeexplorer.__all__) <= set(dir(aeexplorer))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = aeexplorer.nonsense
