"""The worked examples of the contributing guide: each is written into a copy of the package and used there."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / ".github" / "CONTRIBUTING.md"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)

OPEN_PANEL = """
import base64

import numpy as np
from streamlit.testing.v1 import AppTest

import aeexplorer
from aeexplorer.core.site import pages_folder
from aeexplorer.ui.shell.server import SCRIPT

run = aeexplorer.train("digits", "dense-ae", {"training.epochs": 1})
at = AppTest.from_file(SCRIPT, default_timeout=120)
at.switch_page(str(pages_folder() / "explore.py"))
at.query_params["run"] = run.id
at.query_params["method"] = "pca"
at.query_params["panel"] = "norms"
at.run()
assert not at.exception, at.exception
print("tabs:", *[tab.label for tab in at.tabs])
print("captions:", *[caption.value for caption in at.caption])
print("charts:", sum(b"Norms of the latents" in element.proto.bytes for element in at.get("bidi_component")))
ids = {"list": base64.b64encode(np.array([3, 17], "<i4").tobytes()).decode()}
click = {"id": None, "group": 3, "x": None, "y": None}
at.session_state["explore-norms"] = {"event": {"version": 1, "ids": ids, "click": click}}
at.run()
assert not at.exception, at.exception
print("selected:", *[element.value for element in at.markdown if "selected" in element.value])
"""


@dataclass(frozen=True)
class Section:
    """A section of the guide: its files by path, and the code that tries them."""

    files: dict[str, str]
    tries: list[str]


def section(title: str) -> Section:
    """Read the Python blocks of a section. The first line of a block is its path, or ``# try``."""
    text = GUIDE.read_text("utf-8")
    (body,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    files, tries = {}, []
    for block in FENCE.findall(body):
        first, _, code = block.partition("\n")
        if first == "# try":
            tries.append(code)
        else:
            files[first.removeprefix("# ")] = code
    return Section(files, tries)


@dataclass(frozen=True)
class Copy:
    """A copy of the package in a folder of its own."""

    folder: Path

    def run(self, *command: str) -> str:
        """Run a command with this copy first on the path, and return what it prints."""
        environment = {
            **os.environ,
            "AEEXPLORER_WORKSPACE": str(self.folder / "workspace"),
            "PYTHONPATH": str(self.folder),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        """Run Python code that imports this copy."""
        return self.run(sys.executable, "-c", f"import aeexplorer\nassert {str(self.folder)!r} in aeexplorer.__file__\n{code}")

    def add(self, added: Section) -> None:
        """Write the files of a section. None of them exists before."""
        for name, code in added.files.items():
            path = self.folder / name
            assert not path.exists(), f"{name} exists already"
            assert path.parent.is_dir(), f"there is no folder {path.parent.name} for {name}"
            path.write_text(code, "utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The package, its pages and the app, without what is compiled."""
    for name in ("aeexplorer", "pages", "assets", ".streamlit"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "_site"))
    for name in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return Copy(tmp_path)


TITLES = {
    "A bottleneck": ("aeexplorer/models/bottlenecks/",),
    "A view and its panel": ("aeexplorer/views/", "aeexplorer/ui/explore/panels/"),
    "A file format": ("aeexplorer/data/formats/",),
    "A projection": ("aeexplorer/analysis/maps/projections/",),
    "A built-in dataset": ("aeexplorer/data/samples/",),
}
"""Title of each section with an example → the folders in which its files lie."""


def test_the_guide_has_these_examples_and_no_others() -> None:
    text = GUIDE.read_text("utf-8")
    paths = [block.partition("\n")[0] for block in FENCE.findall(text)]
    assert all(path == "# try" or path.startswith("# aeexplorer/") for path in paths)
    expected = [path for title in TITLES for path in section(title).files]
    assert [path.removeprefix("# ") for path in paths if path != "# try"] == expected
    for title, folders in TITLES.items():
        assert len(section(title).files) == len(folders)
        assert all(path.startswith(folder) for path, folder in zip(section(title).files, folders, strict=True))


def test_links_and_paths_of_the_guide_exist() -> None:
    text = GUIDE.read_text("utf-8")
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings
    added = {path for title in TITLES for path in section(title).files}
    to_write = {
        "tests/models/bottlenecks/test_sphere.py",
        "tests/views/charts/test_latent_norms.py",
        "tests/data/hostile/idx.py",
        "tests/data/formats/test_idx.py",
        "tests/analysis/maps/projections/test_random_plane.py",
        "tests/data/samples/test_swiss_roll.py",
    }
    named = set(re.findall(r"(?<![\w/.])((?:aeexplorer|tests|pages)/[\w/]*\w(?:\.py|\.md|/)?)", text))
    for path in named - added - to_write:
        assert (ROOT / path).exists(), f"{path} does not exist"


@pytest.mark.parametrize("title", TITLES)
def test_an_example_has_the_style_of_the_project(title: str, copy: Copy) -> None:
    added = section(title)
    copy.add(added)
    for command in (["check"], ["format", "--check"]):
        copy.run(sys.executable, "-m", "ruff", *command, "--no-cache", "--config", str(ROOT / "pyproject.toml"), *added.files)
    assert all(len(code.splitlines()) <= 70 for code in added.files.values())


def test_the_bottleneck_trains(copy: Copy) -> None:
    added = section("A bottleneck")
    copy.add(added)
    (code,) = added.tries
    assert copy.python(code).split() == ["sphere", "4.0"]


def test_the_panel_opens_with_its_view(copy: Copy) -> None:
    copy.add(section("A view and its panel"))
    said = copy.python(OPEN_PANEL)
    assert "Norms" in said.splitlines()[0]
    assert "How far samples lie from the origin of the latent space." in said
    assert "charts: 1" in said
    assert "selected: **2** of" in said


def test_the_format_reads_its_files(copy: Copy) -> None:
    added = section("A file format")
    copy.add(added)
    (code,) = added.tries
    check = """
assert (dataset.main_field.array[:, 0] == pictures).all()
assert dataset.table["source"][19].as_py() == "twenty.idx, picture 19"
with open("cut.idx", "wb") as file:
    file.write(open("twenty.idx", "rb").read()[:-1])
try:
    aeexplorer.add_dataset("cut.idx")
except aeexplorer.UploadRejected as error:
    print(error)
"""
    said = copy.python(code + check)
    assert said.startswith("20 (1, 6, 8)\n")
    assert "cut.idx: its header promises 20 pictures of 6 × 8 pixels" in said


def test_the_projection_makes_a_map(copy: Copy) -> None:
    added = section("A projection")
    copy.add(added)
    (code,) = added.tries
    check = """
import numpy as np

table = aeexplorer.embed(run, "random")
xy, z = (np.stack([table[name] for name in names], 1) for names in (("x", "y"), [f"z{i}" for i in range(16)]))
assert (np.linalg.norm(xy - xy[0], axis=1) <= np.linalg.norm(z - z[0], axis=1) * 1.0001).all()
assert xy.std() > 0
"""
    assert copy.python(code + check) == "['id', 'label', 'x', 'y']\n"


def test_the_built_in_dataset_loads(copy: Copy) -> None:
    added = section("A built-in dataset")
    copy.add(added)
    (code,) = added.tries
    check = """
import numpy as np

x, _, z = dataset.main_field.array.T
assert np.allclose(np.hypot(x, z), dataset.table["angle"], atol=1e-3)
"""
    assert copy.python(code + check) == "1000 (3,) ['half turn 1', 'half turn 2', 'half turn 3']\n"
