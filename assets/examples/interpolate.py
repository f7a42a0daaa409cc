"""Walk through the latent space from one digit to another and save the frames as a strip.

Usage: python assets/examples/interpolate.py [strip.png]
"""

import sys

import numpy as np
import torch
from PIL import Image

import aeexplorer

digits = aeexplorer.load_dataset("digits")
run = aeexplorer.train(digits, preset="vae", changes={"model.network": "dense", "training.epochs": 20})

# Two test samples: the first 0 and the first 7.
labels = np.array(digits.table["label"].to_pylist())
test = digits.ids("test")
first, last = (next(i for i in test if labels[i] == label) for label in ("0", "7"))

# Nine latents on the straight line between theirs, (9, d), and what the decoder makes of them, (9, 1, 8, 8).
start, end = run.latents(np.array([first, last]))
steps = np.linspace(0, 1, 9, dtype=np.float32)[:, None]
latents = torch.from_numpy((1 - steps) * start + steps * end)
with torch.inference_mode():
    frames = run.model.decode(latents)["image"].clamp(0, 1).numpy()

# Frames side by side, each pixel magnified eight times.
strip = np.concatenate(list(frames[:, 0]), axis=1)
path = sys.argv[1] if len(sys.argv) > 1 else "strip.png"
Image.fromarray((255 * strip).round().astype(np.uint8).repeat(8, 0).repeat(8, 1)).save(path)
print(f"{path}: {len(frames)} frames from digit {first} to digit {last}")
