"""What a run has, by name: what views and panels ask for before they are offered."""

from aeexplorer.analysis.factors import factors
from aeexplorer.training.run import Run


def features(run: Run) -> frozenset[str]:
    """What there is to look at.

    Returns
    -------
    frozenset of str
        Of ``results`` (latents, errors and metrics are written), ``codebook``, ``posterior`` (KL per dimension is known),
        ``dimensions`` (the variance of each latent dimension is known), ``history`` (training has made progress),
        ``snapshots``, ``labels``, ``factors`` (two columns of the table or more are known factors), and the name of each
        field's modality.
    """
    found = {field.modality for field in run.dataset.fields.values()}
    if run.finished:
        found.add("results")
        reported = set().union(*(values for values in run.metrics.values() if isinstance(values, dict)))
        found |= {name for name, figure in _SHOWN_BY.items() if figure in reported}
    if run.codes is not None:
        found.add("codebook")
    if run.history():
        found.add("history")
    if run.snapshots():
        found.add("snapshots")
    if run.dataset.label_names:
        found.add("labels")
    if len(factors(run.dataset)) > 1:
        found.add("factors")
    return frozenset(found)


_SHOWN_BY = {"posterior": "kl_per_dimension", "dimensions": "latent_variance"}
