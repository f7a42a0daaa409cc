"""Faults of the baseline and the scores of a finished run."""

from tests.mutation.fault import faults_of

FAULTS = [
    *faults_of(
        "training/scoring/pca.py",
        {
            "axes in the order of the least variance": ("variances.argsort(descending=True)", "variances.argsort()"),
            "variances with the mean": ("    centred.sub_(mean).nan_to_num_()\n", "    centred.nan_to_num_()\n"),
            "noise over all features": (
                "(self.total - float(variances.sum())) / max(size - components, 1)",
                "(self.total - float(variances.sum())) / size",
            ),
            "likelihood without its determinant": ("+ log_determinant +", "+"),
            "likelihood without the rest": ("+ outside / rest)", ")"),
            "scores not divided by the variance": ("(scores / variances).sum(1)", "scores.sum(1)"),
            "reconstruction without the mean": ("@ self.axes.T + self.mean)", "@ self.axes.T)"),
        },
    ),
    *faults_of(
        "training/scoring/scores.py",
        {
            "R² around nothing": ("1 - model_error / mean_error", "1 - model_error / n"),
            "PCA's score is the model's": ("1 - pca_error / mean_error", "1 - model_error / mean_error"),
            "skill without the baseline": ("(value - baseline) / max(1 - baseline, 1e-9)", "value / max(1 - baseline, 1e-9)"),
            "missing values count as right": ("(~values.isnan()).sum()[None]", "torch.tensor([len(values)])"),
        },
    ),
]
