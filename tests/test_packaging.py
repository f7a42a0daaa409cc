"""The wheel contains the whole app, and the app runs from any folder."""

import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import aeexplorer
from aeexplorer.routes.plotlyjs import LINKED_NAME, PLOTLY_NAME

pytestmark = pytest.mark.xdist_group("packaging")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel as pip does."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def expected_files() -> set[str]:
    """List the files of the checkout that belong in the wheel."""
    parts = [path for part in ("aeexplorer", "pages", "assets") for path in (ROOT / part).rglob("*")]
    parts += [ROOT / "app.py", ROOT / ".streamlit" / "config.toml"]
    return {path.relative_to(ROOT).as_posix() for path in parts if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_contains_exactly_the_expected_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {name for name in expected_files() if name.startswith("aeexplorer/")}
    expected |= {f"aeexplorer/_site/{name}" for name in expected_files() if not name.startswith("aeexplorer/")}
    assert {name for name in names if "dist-info" not in name} == expected
    assert {"aeexplorer/_site/app.py", "aeexplorer/_site/pages/explore.py", "aeexplorer/cli/__init__.py"} <= names
    assert any(name.endswith("dist-info/entry_points.txt") for name in names)


def test_the_version_is_that_of_the_package() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == aeexplorer.__version__


@pytest.fixture(scope="module")
def served(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the command `aeexplorer` from the unpacked wheel in another folder, and return its address."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = "import sys; from aeexplorer.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--port", str(port), "--workspace", str(elsewhere / "space"), "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    with (elsewhere / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=log, stderr=log)
    while True:
        assert process.poll() is None, (elsewhere / "log").read_text()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).close()
            break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.mark.parametrize("path", ["/", "/aex/health", f"/aex/{PLOTLY_NAME}", f"/aex/{LINKED_NAME}/main.js"])
def test_the_installed_app_serves(served: str, path: str) -> None:
    with urllib.request.urlopen(served + path, timeout=60) as response:
        assert response.status == 200
        assert response.read()


def test_the_installed_app_has_the_demo_runs(served: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    from aeexplorer.exchange.demo import demo_ids

    for run in demo_ids():
        with urllib.request.urlopen(f"{served}/aex/runs/{run}/samples/0/card.png", timeout=60) as response:
            assert response.headers["content-type"] == "image/png"
