"""Train a VQ-VAE and see how it uses its codebook.

Usage: python assets/examples/codebook_usage.py
"""

import numpy as np

import aeexplorer

run = aeexplorer.train(
    "digits",
    preset="vq-vae",
    changes={"model.codebook_size": 64, "training.epochs": 12},
)

# One row of codes for each sample: the number of the codebook entry at each place of the picture.
codes = run.codes
print(f"{codes.shape[0]} digits of {codes.shape[1]} codes each")

# How often each code is used, over all samples and places.
counts = np.bincount(codes.ravel(), minlength=64)
shares = counts / counts.sum()
used = counts > 0
perplexity = np.exp(-(shares[used] * np.log(shares[used])).sum())
print(f"{used.sum()} of {len(counts)} codes used, perplexity {perplexity:.1f}")

# The most frequent codes, and the digit that each of them occurs in most often.
labels = np.array(run.dataset.label_names)[run.dataset.labels]
for code in np.argsort(-counts)[:5]:
    digits, times = np.unique(labels[(codes == code).any(axis=1)], return_counts=True)
    print(f"code {code}: used {counts[code]} times, most often in the digit {digits[times.argmax()]}")
