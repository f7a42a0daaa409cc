"""Make a map of a variational autoencoder's latents and save it as a Parquet file.

Usage: python assets/examples/latent_map.py [map.parquet]
"""

import sys

import pyarrow.parquet as parquet

import aeexplorer

run = aeexplorer.train("digits", preset="vae", changes={"model.network": "dense", "training.epochs": 20})

# One row for each sample: id, label, its place x and y on the map, and its latents z0, z1, …
# Methods: pca, umap, umap_learn, and with an extra pacmap ("aeexplorer[pacmap]") and tsne ("aeexplorer[tsne]").
table = aeexplorer.embed(run, method="umap")

# Any tool that reads Parquet can go on from here, for example pandas.read_parquet.
path = sys.argv[1] if len(sys.argv) > 1 else "map.parquet"
parquet.write_table(table, path)
print(f"{path}: {table.num_rows} rows, columns {', '.join(table.column_names)}")

# Where each digit lies on the map: the mean position of its samples.
places = table.group_by("label").aggregate([("x", "mean"), ("y", "mean")]).sort_by("label")
for place in places.to_pylist():
    if place["label"] is not None:
        print(f"digit {place['label']}: x {place['x_mean']:+.1f}, y {place['y_mean']:+.1f}")
