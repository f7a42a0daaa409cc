"""Bring in your own arrays and your own table as datasets.

Usage: python assets/examples/own_data.py
"""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv

import aeexplorer

rng = np.random.default_rng(0)
folder = Path(tempfile.mkdtemp())

# Arrays: x holds the samples, y their labels. Here grey pictures (200, 12, 12) of bright rows or columns.
pictures = rng.integers(0, 60, (200, 12, 12), dtype=np.uint8)
labels = np.array(["row", "column"])[np.arange(200) % 2]
for i, place in enumerate(rng.integers(0, 12, 200)):
    pictures[i, place] = 255
    if labels[i] == "column":
        pictures[i] = pictures[i].T
np.savez(folder / "lines.npz", x=pictures, y=labels)
lines = aeexplorer.add_dataset(folder / "lines.npz")
print(f"{lines.name}: {lines.n} samples of {lines.main_field.shape}, labels {', '.join(lines.label_names)}")

# A table: one row for each sample. Options say what the columns are where that is not obvious.
height = rng.normal(170, 10, 200)
people = pa.table({"height": height, "weight": height - 100 + rng.normal(0, 8, 200), "team": rng.integers(1, 4, 200)})
csv.write_csv(people, folder / "people.csv")
table = aeexplorer.add_dataset(folder / "people.csv", aeexplorer.IngestOptions(label_column="team"))
print(f"{table.name}: columns {', '.join(column['name'] for column in table.main_field.meta['columns'])}")

# From here on they are datasets like any other: on the page Data, on the command line and here.
for dataset in (lines, table):
    run = aeexplorer.train(dataset, preset="dense-ae", changes={"model.latent_dim": 2, "training.epochs": 5})
    print(f"{run.name}: test error {run.metrics['test']['mse']:.4f}")
