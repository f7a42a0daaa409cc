"""Train every preset with its default settings on small datasets, and compare the test error with PCA's.

The datasets are subsamples of built-in ones, two generated ones, and files that are given. Every training is an ordinary run.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from aeexplorer.analysis.runs.diagnosis import diagnose
from aeexplorer.analysis.runs.judgement import judge
from aeexplorer.bench import Figure
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.data.scaling import updated_statistics
from aeexplorer.data.split import SplitSettings, stratified_draw, stratified_split
from aeexplorer.data.tabular import column
from aeexplorer.jobs import train
from aeexplorer.models.fitting import presets_for
from aeexplorer.public import add_dataset, new_run
from aeexplorer.training.run import Run

BUILTIN = {"wine": 178, "digits": 200, "shapes": 200, "captions": 200, "tones": 150, "heartbeats": 150, "moving-shapes": 150}
"""Samples that are drawn from built-in datasets, by name."""
GENERATED = ("birds", "motions")


def measure(presets: Sequence[str] = (), names: Sequence[str] = (), files: Sequence[Path] = ()) -> Iterator[Figure]:
    """Yield the test error of each preset on each dataset, relative to that of PCA with as many components.

    For each dataset follows the number of presets that are worse than PCA in the figure that suits them (see
    `aeexplorer.analysis.runs.judgement`) although the diagnosis finds nothing wrong; there should be none.

    Parameters
    ----------
    presets
        Names of presets; all by default. A preset is left out where it does not fit the data.
    names
        Names of `BUILTIN` and `GENERATED` datasets; all by default, or none if there are files.
    files
        Files or folders to use as further datasets.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        workspace = Workspace.open(Path(folder) / "workspace")
        for name in names or (() if files else (*BUILTIN, *GENERATED)):
            dataset = generate(workspace, name) if name in GENERATED else subsample(workspace, name, BUILTIN[name])
            yield from _compare(workspace, dataset, presets)
        for file in files:
            yield from _compare(workspace, add_dataset(file, workspace=workspace), presets)


def _compare(workspace: Workspace, dataset: Dataset, presets: Sequence[str]) -> Iterator[Figure]:
    unexplained = []
    for preset in presets_for(dataset.main_field):
        if presets and preset not in presets:
            continue
        run = new_run(workspace, dataset, preset)
        started = time.process_time()
        train(run, "cpu")
        yield compare_with_pca(run, f"{dataset.name}, {preset}", time.process_time() - started)
        if judge(run).standing == "worse" and all(finding.severity == "good" for finding in diagnose(run)):
            unexplained.append(preset)
    name = f"{dataset.name}: presets worse than PCA without a finding that says why"
    yield Figure(name, len(unexplained), "", 0, note=", ".join(unexplained))


def compare_with_pca(run: Run, name: str, seconds: float) -> Figure:
    """Return a finished run's test error relative to PCA's. The note holds its length, judgement and first finding.

    A model that sees corrupted samples is compared with PCA on samples with the same corruption.
    """
    measured, pca = run.metrics["test"], run.metrics["pca"]
    key = "corrupted_mse" if "corrupted_mse" in pca else "mse"
    steps = run.history()[-1]["step"]
    note = f"{steps:,} steps, {seconds:.0f} CPU s; {judge(run).words}. {diagnose(run)[0].text}"
    return Figure(name, measured[key] / max(pca[key], 1e-12), "times PCA's error", note=note)


def subsample(workspace: Workspace, name: str, count: int) -> Dataset:
    """Create a dataset of some samples of a built-in one, drawn by label and split again."""
    whole = load_builtin_dataset(workspace, name)
    ids = stratified_draw(whole.labels, whole.ids(), count)
    labels = whole.labels[ids] if whole.labels is not None else None
    split = stratified_split(labels, len(ids), SplitSettings())
    fields = {}
    for key, field in whole.fields.items():
        array = np.array(field.array[ids])
        fields[key] = NewField(field.modality, array, updated_statistics(field.meta, array, split == 0))
    return create_dataset(workspace, f"{name} ({len(ids)})", fields, whole.table.take(pa.array(ids)), split)


def generate(workspace: Workspace, name: str) -> Dataset:
    """Create a generated dataset: `birds`, a table of numbers and categories, or `motions`, series of six channels."""
    return _birds(workspace) if name == "birds" else _motions(workspace)


def _birds(workspace: Workspace, count: int = 344) -> Dataset:
    """Create 344 rows of four correlated measurements, two categories and a year; 2 % of the measurements are missing."""
    rng = np.random.default_rng(0)
    species = rng.choice(3, count, p=[0.44, 0.2, 0.36])
    is_male = rng.random(count) < 0.5
    size = rng.normal(size=count) * 0.6 + 0.8 * is_male
    means = np.array([[38.8, 18.3, 190, 3700], [48.8, 18.4, 196, 3733], [47.5, 15.0, 217, 5076]])
    measurements = means[species] + size[:, None] * [2, 0.8, 5, 400] + rng.normal(size=(count, 4)) * [1.5, 0.6, 4, 200]
    measurements[rng.random((count, 4)) < 0.02] = np.nan
    islands = np.array([[0.3, 0.37, 0.33], [0, 1, 0], [1, 0, 0]])
    island = (rng.random(count)[:, None] > islands[species].cumsum(1)).sum(1).clip(max=2)
    year = 2007 + rng.integers(0, 3, count)
    array = np.column_stack([measurements, island, is_male, year]).astype(np.float32)
    columns = [column(name) for name in ("bill length", "bill depth", "flipper length", "mass")]
    columns += [column("island", ("Biscoe", "Dream", "Torgersen")), column("sex", ("female", "male")), column("year")]
    return _store(workspace, f"birds ({count})", "table", NewField("tabular", array, {"columns": columns}), species)


def _motions(workspace: Workspace, count: int = 80) -> Dataset:
    """Create 80 series of six channels and 100 steps: four motions, each with a tempo and a strength of its own."""
    rng = np.random.default_rng(0)
    motion = np.arange(count) % 4
    t = np.linspace(0, 10, 100)  # seconds
    tempo = np.array([0.2, 1.2, 2.5, 1.8])[motion] * rng.uniform(0.85, 1.15, count)  # Hz
    strength = np.array([0.05, 1, 3, 2])[motion] * rng.uniform(0.7, 1.3, count)
    phase = rng.uniform(0, 2 * np.pi, count)[:, None] + np.arange(6) * 0.7  # (n, 6)
    waves = np.sin(2 * np.pi * tempo[:, None, None] * t[:, None] + phase[:, None])  # (n, 100, 6)
    array = (strength[:, None, None] * waves + rng.normal(size=waves.shape) * 0.2).astype(np.float32)
    columns = [column(f"{sensor} {axis}") for sensor in ("acceleration", "turn") for axis in "xyz"]
    return _store(workspace, f"motions ({count})", "series", NewField("series", array, {"columns": columns}), motion)


def _store(workspace: Workspace, name: str, key: str, field: NewField, classes: np.ndarray) -> Dataset:
    n = len(classes)
    split = stratified_split(classes, n, SplitSettings())
    meta = updated_statistics(field.meta, field.array, split == 0)
    table = pa.table({"source": [f"sample {i}" for i in range(n)], "label": [f"class {c + 1}" for c in classes]})
    return create_dataset(workspace, name, {key: NewField(field.modality, field.array, meta)}, table, split)
