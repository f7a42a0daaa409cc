"""Train a small autoencoder on handwritten digits and reconstruct digits that it has not seen.

Usage: python assets/examples/train_and_reconstruct.py
"""

import aeexplorer

# Built-in data needs no network. Another name or id opens a dataset of the workspace.
digits = aeexplorer.load_dataset("digits")

# A preset is a set of defaults. Any setting can be changed by its path: `aeexplorer train --help` lists them.
run = aeexplorer.train(
    digits,
    preset="dense-ae",
    changes={"model.latent_dim": 16, "training.epochs": 20},
)

# The same settings are the same run, so a second call of this script trains nothing.
print(f"{run.id}: {run.name}")
print(f"test error {run.metrics['test']['mse']:.4f}, PCA with as many numbers {run.metrics['pca']['mse']:.4f}")

# Inputs and reconstructions are dictionaries by field, with values between 0 and 1: here (8, 1, 8, 8).
ids = digits.ids("test")[:8]
inputs, reconstructions = run.reconstruct(ids)
errors = (inputs["image"] - reconstructions["image"]).square().mean((1, 2, 3))
for i, error in zip(ids, errors, strict=True):
    print(f"digit {i}: label {digits.table['label'][int(i)]}, error {error:.4f}")
