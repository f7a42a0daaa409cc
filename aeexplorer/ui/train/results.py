"""The figures of a run that has ended, beside PCA's."""

from typing import Any

import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.train.times import duration

_PLAIN: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}


def show_results(run: Run) -> None:
    """Error over the test split beside PCA's, and what the bottleneck reports."""
    metrics = run.metrics
    split = next(name for name in ("test", "validation", "train") if name in metrics)
    found, pca = metrics[split], metrics["pca"]
    row = st.container(horizontal=True)
    better = (1 - found["mse"] / pca["mse"]) if pca["mse"] else 0.0
    row.metric(
        f"Mean squared error, {split}",
        f"{found['mse']:.5f}",
        f"{abs(better):.0%} {'below' if better >= 0 else 'above'} PCA",
        delta_color="normal" if better >= 0 else "inverse",
        delta_arrow="off",
    )
    row.metric(f"PCA, {pca['components']} components", f"{pca['mse']:.5f}")
    if "elbo" in found:
        row.metric("ELBO, nats a sample", f"{found['elbo']:.1f}")
    if "active_units" in found:
        row.metric("Active units", f"{found['active_units']:.0f} of {len(found['kl_per_dimension'])}")
    if "codebook_usage" in found:
        row.metric("Codes used", f"{found['codebook_usage']:.0%}", f"perplexity {found['perplexity']:.0f}", **_PLAIN)
    row.metric("Time", duration(metrics["seconds"]), f"{metrics['samples_per_second']:,.0f} samples/s", **_PLAIN)
