"""Information in each latent dimension: its KL divergence in a VAE, or else its variance."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.latents.dimensions import LatentDimensions, latent_dimensions
from aeexplorer.models.bottlenecks.gaussian import ACTIVE_VARIANCE
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.palette import OTHER, colour_of

MAX_TICKS = 32
"""Bars up to which each bar is numbered."""


def dimension_bars(dimensions: LatentDimensions) -> LinkedFigure:
    """Draw a bar for each dimension, the most informative dimension first. Inactive dimensions are grey."""
    order = dimensions.order
    values, unit = (dimensions.variance, "variance") if dimensions.kl is None else (dimensions.kl, "KL divergence (nats)")
    has_kl = dimensions.kl is not None
    colours = [OTHER if has_kl and dimensions.variance[d] <= ACTIVE_VARIANCE else colour_of(3) for d in order]
    bars = go.Bar(
        x=np.arange(len(order)),
        y=values[order],
        marker={"color": colours},
        hovertext=[f"latent {d + 1}: variance {dimensions.variance[d]:.3g}" for d in order],
        hovertemplate=f"%{{hovertext}}, {unit} %{{y:.3g}}<extra></extra>",
    )
    figure = go.Figure(bars)
    ticks: dict[str, Any] = {"tickvals": np.arange(len(order)), "ticktext": [str(d + 1) for d in order]}
    if len(order) > MAX_TICKS:
        ticks = {"showticklabels": False}
    figure.update_layout(
        title_text="Latent dimensions",
        xaxis={"title": {"text": "latent, most informative first"}, **ticks},
        yaxis={"title": {"text": unit}, "tickformat": "~g"},
        showlegend=False,
        uirevision="dimensions",
    )
    caption = f"over the {dimensions.split} split"
    if dimensions.active is not None:
        caption = f"{dimensions.active} of {len(order)} units active · {float(values.sum()):.1f} nats in total · {caption}"
    return LinkedFigure(figure, (), caption=caption)


def run_latent_dimensions(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """Draw the dimensions of a run over its whole test split. They do not depend on the sample ids."""
    return dimension_bars(latent_dimensions(run))
