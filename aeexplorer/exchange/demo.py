"""The two small runs on `digits` that a new workspace opens with.

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
from aeexplorer.exchange.run_files.transfer import export_run, store
from aeexplorer.training.run import Run

SEED = 0
_SMALL = {"model.channels": 16, "model.hidden": 64, "seed": SEED}
DEMOS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "digits-vq-vae": ("Digits in 32 words", "vq-vae", {**_SMALL, "model.codebook_size": 32}),
    "digits-vae": ("Digits on a plane", "vae", {**_SMALL, "model.latent_dim": 2, "model.likelihood": "bernoulli"}),
}
"""File name → name of the run, preset and settings; the last is the newest, so the one that opens first."""
_MARK = "demo-installed"


def build_demo(folder: Path) -> list[Path]:
    """Train the demo runs, then project them (all quick maps, and UMAP), and write their run files into a folder."""
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
    """The run files, in the order of `DEMOS`."""
    return [assets_folder() / "demo" / f"{file}.aerun" for file in DEMOS]


def demo_ids() -> list[str]:
    """The ids of the demo runs, in the order of `DEMOS`."""
    found = []
    for path in demo_files():
        with zipfile.ZipFile(path) as archive:
            found.append(Manifest.model_validate_json(archive.read(MANIFEST)).run)
    return found


def install_demo(workspace: Workspace) -> list[Run]:
    """Put the demo runs into a workspace that has no run and never had them; returns those put there."""
    mark = workspace.root / _MARK
    if mark.exists() or any(workspace.runs.glob("run-*")):
        return []
    installed = []
    for path in demo_files():
        with staging_folder(workspace.staging) as folder:
            manifest = unpack(path, folder, path.name)
            installed.append(store(workspace, Run(folder / "runs" / manifest.run)))
    write_bytes(mark, b"")
    return installed


def main(arguments: list[str] | None = None) -> int:
    """Build the demo runs into a folder and say how large they are."""
    parser = argparse.ArgumentParser(prog="python -m aeexplorer.exchange.demo", description="Train the demo runs anew.")
    parser.add_argument("folder", type=Path, help="where their run files go; assets/demo in a checkout")
    try:
        for path in build_demo(parser.parse_args(arguments).folder):
            print(f"{path}: {path.stat().st_size:,} bytes")
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
