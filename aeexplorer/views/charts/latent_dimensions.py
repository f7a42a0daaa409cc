"""What each latent dimension carries: its KL divergence in a VAE, else its variance."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.latents.dimensions import LatentDimensions, latent_dimensions
from aeexplorer.models.bottlenecks.gaussian import ACTIVE_VARIANCE
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, View
from aeexplorer.views.palette import OTHER, colour_of

TICKS = 32
"""Most bars that are numbered."""


def dimension_bars(found: LatentDimensions) -> LinkedFigure:
    """Draw one bar a dimension, the one that carries most first; inactive ones are grey."""
    order = found.order
    values, unit = (found.variance, "variance") if found.kl is None else (found.kl, "KL divergence (nats)")
    grey = found.kl is not None
    colours = [OTHER if grey and found.variance[d] <= ACTIVE_VARIANCE else colour_of(3) for d in order]
    bars = go.Bar(
        x=np.arange(len(order)),
        y=values[order],
        marker={"color": colours},
        hovertext=[f"latent {d + 1}: variance {found.variance[d]:.3g}" for d in order],
        hovertemplate=f"%{{hovertext}}, {unit} %{{y:.3g}}<extra></extra>",
    )
    figure = go.Figure(bars)
    ticks = {"tickvals": np.arange(len(order)), "ticktext": [str(d + 1) for d in order]}
    figure.update_layout(
        title_text="Latent dimensions",
        xaxis={"title": {"text": "latent, most first"}, **(ticks if len(order) <= TICKS else {"showticklabels": False})},
        yaxis={"title": {"text": unit}, "tickformat": "~g"},
        showlegend=False,
        uirevision="dimensions",
    )
    caption = f"over the {found.split} split"
    if found.active is not None:
        caption = f"{found.active} of {len(order)} units active · {float(values.sum()):.1f} nats together · {caption}"
    return LinkedFigure(figure, (), caption=caption)


def build(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """The dimensions of a run over its whole test split, whatever samples are shown."""
    return dimension_bars(latent_dimensions(run))


VIEW = View(
    name="latent_dimensions",
    title="Latent dimensions",
    help="How much each latent says about the samples. In a VAE, those near zero say nothing: they are the prior.",
    needs=frozenset({"results", "dimensions"}),
    build=build,
)
