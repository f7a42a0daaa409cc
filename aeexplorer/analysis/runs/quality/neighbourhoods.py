"""How well the latent space preserves the neighbourhoods of the samples."""

import numpy as np
import torch

from aeexplorer.analysis.neighbours import MAX_CHECKED_SAMPLES, NEIGHBOURS, trustworthiness
from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric


def _measure(data: EvaluationData) -> dict[str, Figure]:
    """Compute trustworthiness and continuity, each 0 to 1 (Venna & Kaski 2001).

    Continuity is trustworthiness with the two spaces exchanged, see `aeexplorer.analysis.neighbours.trustworthiness`. At most
    2,000 samples are used.
    """
    ids = data.test
    if len(ids) > MAX_CHECKED_SAMPLES:
        ids = np.sort(np.random.default_rng(0).permutation(ids)[:MAX_CHECKED_SAMPLES])
    flat = [torch.cat([batch.flatten(1) for batch in x.values()], 1).nan_to_num() for x in data.inputs(ids)]
    samples, latents, pca_latents = torch.cat(flat).numpy(), data.run.latents(ids), data.pca_latents(ids)
    figures = {}
    for key, high, low in (("trustworthiness", samples, None), ("continuity", None, samples)):
        own, pca = (
            trustworthiness(space if high is None else high, space if low is None else low) for space in (latents, pca_latents)
        )
        if own is not None:
            figures[key] = Figure(own, pca)
    return figures


FAMILY = Family(
    name="neighbourhoods",
    title="Neighbourhoods",
    place=50,
    needs=frozenset({"results"}),
    metrics=(
        Metric(
            "trustworthiness",
            "Trustworthiness, latents against data",
            f"Whether the {NEIGHBOURS} nearest samples in the latent space are also near in the data; 1 is best "
            "(Venna & Kaski 2001).",
            "higher",
            ".4f",
        ),
        Metric(
            "continuity",
            "Continuity, latents against data",
            f"Whether the {NEIGHBOURS} nearest samples in the data are also near in the latent space; 1 is best "
            "(Venna & Kaski 2001).",
            "higher",
            ".4f",
        ),
    ),
    measure=_measure,
)
