"""Features of a run, by name: views and panels require some of them before they are offered."""

from aeexplorer.analysis.factors import factors
from aeexplorer.training.run import Run

_METRIC_OF_FEATURE = {"posterior": "kl_per_dimension", "dimensions": "latent_variance"}
"""Feature → the metric whose presence shows it."""


def features(run: Run) -> frozenset[str]:
    """Return the names of the features that a run has.

    Returns
    -------
    frozenset of str
        The name of each field's modality, and any of: ``results`` (latents, errors and metrics are written),
        ``codebook``, ``posterior`` (the KL divergence of each dimension is known), ``dimensions`` (the variance of each
        latent dimension is known), ``history`` (training has made progress), ``snapshots``, ``labels``, ``factors`` (the
        table has two known factors or more).
    """
    names = {field.modality for field in run.dataset.fields.values()}
    if run.finished:
        names.add("results")
        reported = set().union(*(values for values in run.metrics.values() if isinstance(values, dict)))
        names |= {name for name, metric in _METRIC_OF_FEATURE.items() if metric in reported}
    if run.codes is not None:
        names.add("codebook")
    if run.history():
        names.add("history")
    if run.snapshots():
        names.add("snapshots")
    if run.dataset.label_names:
        names.add("labels")
    if len(factors(run.dataset)) > 1:
        names.add("factors")
    return frozenset(names)
