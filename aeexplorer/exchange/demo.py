"""The two small demo runs on `digits` that a new workspace starts with.

``python -m aeexplorer.exchange.demo assets/demo`` trains them again.
"""

import argparse
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from aeexplorer.core.errors import UserError
from aeexplorer.core.site import assets_folder
from aeexplorer.core.workspace import Workspace, staging_folder, write_bytes
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.exchange.run_files.archive import MANIFEST, Manifest, unpack
from aeexplorer.exchange.run_files.transfer import export_run, store_run
from aeexplorer.training.run import Run

SEED = 0
_SMALL = {"model.channels": 16, "model.hidden": 64, "seed": SEED}
DEMOS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "digits-vq-vae": ("Digits in 32 words", "vq-vae", {**_SMALL, "model.codebook_size": 32}),
    "digits-vae": ("Digits on a plane", "vae", {**_SMALL, "model.latent_dim": 2, "model.likelihood": "bernoulli"}),
}
"""File name → name of the run, preset and settings. The last run is the newest, so the app opens it first."""
_MARKER = "demo-installed"
"""File in the workspace that records the installation, so that removed demo runs stay removed."""


def build_demo(folder: Path) -> list[Path]:
    """Train the demo runs, compute their quick maps and UMAP, and write their run files into a folder."""
    from aeexplorer.analysis.maps.projection import available_methods, compute_projection
    from aeexplorer.jobs import train
    from aeexplorer.training.create import create_run
    from aeexplorer.training.defaults import config_for

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as scratch:
        workspace = Workspace.open(scratch)
        dataset = load_builtin_dataset(workspace, "digits")
        runs = {
            file: create_run(workspace, config_for(preset, dataset, changes), name, preset)
            for file, (name, preset, changes) in DEMOS.items()
        }
        for run in runs.values():
            train(run, "cpu")
        for file, run in runs.items():
            for method in available_methods(run, 2):
                if method.quick or method.name == "umap":
                    compute_projection(run, method.name)
            written.append(export_run(run, folder / f"{file}.aerun"))
    return written


def demo_files() -> list[Path]:
    """List the run files of the demo runs, in the order of `DEMOS`."""
    return [assets_folder() / "demo" / f"{file}.aerun" for file in DEMOS]


def demo_ids() -> list[str]:
    """List the ids of the demo runs, in the order of `DEMOS`."""
    ids = []
    for path in demo_files():
        with zipfile.ZipFile(path) as archive:
            ids.append(Manifest.model_validate_json(archive.read(MANIFEST)).run)
    return ids


def install_demo(workspace: Workspace) -> list[Run]:
    """Install the demo runs in a workspace without runs, once.

    Returns
    -------
    list of Run
        The installed runs; empty if the workspace has runs or once had the demo runs.
    """
    marker = workspace.root / _MARKER
    if marker.exists() or any(workspace.runs.glob("run-*")):
        return []
    installed = []
    for path in demo_files():
        with staging_folder(workspace.staging) as folder:
            manifest = unpack(path, folder, path.name)
            installed.append(store_run(workspace, Run(folder / "runs" / manifest.run)))
    write_bytes(marker, b"")
    return installed


def main(arguments: list[str] | None = None) -> int:
    """Build the demo runs into a folder and print their sizes. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m aeexplorer.exchange.demo", description="Train the demo runs again.")
    parser.add_argument("folder", type=Path, help="folder to write the run files to; assets/demo in a checkout")
    try:
        for path in build_demo(parser.parse_args(arguments).folder):
            print(f"{path}: {path.stat().st_size:,} bytes")
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
