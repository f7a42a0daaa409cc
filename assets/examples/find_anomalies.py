"""Find anomalous heartbeats by their reconstruction error.

Usage: python assets/examples/find_anomalies.py
"""

import numpy as np
from sklearn.metrics import roc_auc_score

import aeexplorer

# 2,000 generated series of 96 steps. About 6 in 100 have a fault, and the column "anomaly" tells which.
heartbeats = aeexplorer.load_dataset("heartbeats")

# The model never sees that column. It learns what most heartbeats look like, and rebuilds faulty ones badly.
run = aeexplorer.train(heartbeats, preset="vae", changes={"training.epochs": 30})

# Mean squared error of every sample; the test split was not used in training.
test = heartbeats.ids("test")
errors = np.asarray(run.errors)[test]
faulty = np.array(heartbeats.table["anomaly"].to_pylist())[test] == "yes"

# Probability that a faulty heartbeat has a larger error than a normal one.
print(f"AUROC {roc_auc_score(faulty, errors):.3f} over {len(test)} test heartbeats, {faulty.sum()} of them faulty")

faults = np.array(heartbeats.table["fault"].to_pylist())
for i in test[np.argsort(-errors)][:5]:
    print(f"heartbeat {i}: error {run.errors[i]:.4f}, fault: {faults[i]}")
