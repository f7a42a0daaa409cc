"""Every script of `assets/examples` runs, and what it prints or writes is right."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "assets" / "examples"


def run(name: str, folder: Path) -> str:
    """Run an example in a folder, with a workspace of its own, and return what it prints."""
    environment = {
        **os.environ,
        "AEEXPLORER_WORKSPACE": str(folder / "workspace"),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, str(EXAMPLES / name)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def number(pattern: str, text: str) -> float:
    """Return the first number that a pattern with one group matches."""
    match = re.search(pattern, text)
    assert match, text
    return float(match[1])


def test_every_example_is_tested_and_linked() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    tests = Path(__file__).read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(names) >= 6
    assert all(f'run("{name}"' in tests for name in names)
    assert all(f"assets/examples/{name}" in readme for name in names)
    assert all(f"python assets/examples/{name}" in (EXAMPLES / name).read_text("utf-8") for name in names)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short_and_needs_only_the_public_api(path: Path) -> None:
    source = path.read_text("utf-8")
    assert 20 <= len(source.splitlines()) <= 40
    assert not re.search(r"(from|import) aeexplorer\.", source)


def test_train_and_reconstruct(tmp_path: Path) -> None:
    said = run("train_and_reconstruct.py", tmp_path)
    assert number(r"test error ([\d.]+)", said) < 0.02
    errors = [float(error) for error in re.findall(r"^digit \d+: label \d, error ([\d.]+)$", said, re.MULTILINE)]
    assert len(errors) == 8
    assert 0 < max(errors) < 0.05


def test_latent_map(tmp_path: Path) -> None:
    said = run("latent_map.py", tmp_path)
    assert "1797 rows" in said
    table = parquet.read_table(tmp_path / "map.parquet")
    assert table.column_names[:4] == ["id", "label", "x", "y"]
    places, labels = np.stack([table["x"], table["y"]], 1), np.array(table["label"])
    assert np.isfinite(places).all()
    # samples lie nearer to the mean position of their own digit than to those of most others
    means = np.stack([places[labels == str(digit)].mean(0) for digit in range(10)])
    nearest = np.square(places[:, None] - means).sum(2).argmin(1)
    assert (nearest.astype(str) == labels).mean() > 0.6


def test_codebook_usage(tmp_path: Path) -> None:
    said = run("codebook_usage.py", tmp_path)
    assert "1797 digits of 16 codes each" in said
    used, perplexity = number(r"(\d+) of 64 codes used", said), number(r"perplexity ([\d.]+)", said)
    assert 32 <= used <= 64
    assert 20 < perplexity <= used
    assert len(re.findall(r"^code \d+: used \d+ times", said, re.MULTILINE)) == 5


def test_find_anomalies(tmp_path: Path) -> None:
    said = run("find_anomalies.py", tmp_path)
    assert number(r"AUROC ([\d.]+)", said) > 0.85
    assert len(re.findall(r"^heartbeat \d+: error", said, re.MULTILINE)) == 5


def test_interpolate(tmp_path: Path) -> None:
    said = run("interpolate.py", tmp_path)
    assert "9 frames" in said
    with Image.open(tmp_path / "strip.png") as image:
        strip = np.asarray(image).astype(float)
    assert strip.shape == (64, 576)
    frames = strip.reshape(64, 9, 64).transpose(1, 0, 2)
    steps = np.square(np.diff(frames, axis=0)).mean((1, 2))
    # the way is smooth: no single step is as large as that from end to end
    assert 0 < steps.max() < np.square(frames[-1] - frames[0]).mean() / 2


def test_own_data(tmp_path: Path) -> None:
    said = run("own_data.py", tmp_path)
    assert "lines: 200 samples of (1, 12, 12), labels column, row" in said
    assert "people: columns height, weight" in said
    assert len(re.findall(r"test error 0\.\d+", said)) == 2
    assert len(list((tmp_path / "workspace" / "runs").glob("run-*"))) == 2
