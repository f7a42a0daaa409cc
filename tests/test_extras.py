"""Maps by packages of an extra, with those packages and without them."""

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import available_methods
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.cli import main
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run
from tests.pages.studio import Studio

METHODS = {"pacmap": "pacmap", "tsne": "openTSNE"}
"""Name of a method, which is its extra's too → the package that it imports."""
LATENTS = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)


@pytest.fixture(params=METHODS)
def absent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A method whose package is not installed, as far as Python can tell."""
    monkeypatch.setitem(sys.modules, METHODS[request.param], None)
    return str(request.param)


@pytest.fixture
def copied(trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A copy of the trained runs."""
    shutil.copytree(trained.workspace.root, tmp_path / "workspace", ignore=shutil.ignore_patterns("projections"))
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(tmp_path / "workspace"))
    workspace = Workspace.open(tmp_path / "workspace")
    return Studio(workspace, {name: Run(workspace.run_folder(run.id)) for name, run in trained.runs.items()})


def test_a_method_without_its_package_says_how_to_install_it(absent: str) -> None:
    for latents in (LATENTS, LATENTS[:2]):
        with pytest.raises(UserError, match=METHODS[absent]) as error:
            method_of(absent).project(latents, 2, 0)
        assert f'pip install "aeexplorer[{absent}]"' in error.value.fix


def test_a_method_without_its_package_is_not_offered(copied: Studio, absent: str) -> None:
    names = [method.name for method in available_methods(copied.runs["vq"], 2)]
    assert absent not in names
    assert set(names) >= {"pca", "umap", "umap_learn", *METHODS} - {absent}


def test_the_command_line_names_the_extra(
    copied: Studio, absent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "map.parquet"
    assert main(["embed", copied.runs["vq"].id, "--method", absent, "--out", str(target)]) == 2
    said = capsys.readouterr().err
    assert f'pip install "aeexplorer[{absent}]"' in said
    assert len(said.splitlines()) == 1
    assert not target.exists()
    assert not list(copied.workspace.root.glob("runs/*/projections/*"))


def test_the_page_offers_installed_methods_only(copied: Studio, absent: str) -> None:
    at = copied.open("explore", run=copied.runs["vq"].id, method=absent)
    (offered,) = [control.options for control in at.button_group if control.label == "Map"]
    assert method_of(absent).title not in offered
    assert "UMAP" in offered
    assert at.query_params["method"] != absent


def test_the_page_offers_every_method_where_all_are_installed(copied: Studio) -> None:
    at = copied.open("explore", run=copied.runs["vq"].id)
    (offered,) = [control.options for control in at.button_group if control.label == "Map"]
    assert {method_of(name).title for name in METHODS} <= set(offered)
