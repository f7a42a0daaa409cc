"""Whether the latent space keeps the samples' neighbourhoods."""

import numpy as np
import torch

from aeexplorer.analysis.neighbours import CHECKED, NEIGHBOURS, trustworthiness
from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric


def _measure(material: Material) -> dict[str, Figure]:
    ids = material.test
    if len(ids) > CHECKED:
        ids = np.sort(np.random.default_rng(0).permutation(ids)[:CHECKED])
    flat = [torch.cat([batch.flatten(1) for batch in x.values()], 1).nan_to_num() for x in material.inputs(ids)]
    samples, latents, pca = torch.cat(flat).numpy(), material.run.latents(ids), material.pca_latents(ids)
    found = {}
    for key, high, low in (("trustworthiness", samples, None), ("continuity", None, samples)):
        own, beside = (
            trustworthiness(space if high is None else high, space if low is None else low) for space in (latents, pca)
        )
        if own is not None:
            found[key] = Figure(own, beside)
    return found


FAMILY = Family(
    name="neighbourhoods",
    title="Neighbourhoods",
    place=50,
    needs=frozenset({"results"}),
    metrics=(
        Metric(
            "trustworthiness",
            "Trustworthiness",
            f"How far a sample's {NEIGHBOURS} nearest in the latent space are near it in the data (Venna & Kaski 2001).",
            "higher",
            ".4f",
        ),
        Metric(
            "continuity",
            "Continuity",
            f"How far a sample's {NEIGHBOURS} nearest in the data stay near it in the latent space (Venna & Kaski 2001).",
            "higher",
            ".4f",
        ),
    ),
    measure=_measure,
)
