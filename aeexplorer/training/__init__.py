"""Training: settings, the training loop, checkpoints, results, the run folder, and hyperparameter search."""
