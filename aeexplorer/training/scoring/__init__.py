"""Scores of a trained model on held-out samples: PCA as the baseline, parts of samples, samples outside the training range."""
