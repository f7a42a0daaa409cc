"""Speed at which the decoded sample changes along a path."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.latents.paths import Film
from aeexplorer.views.palette import ACCENT, colour_of


def path_speed(film: Film, height: int = 120) -> go.Figure:
    """Draw the change in each step as a bar, and a line where the path goes through a sample."""
    steps = np.arange(len(film.speed))
    texts = [f"step {step + 1}: {change:.3g}" for step, change in enumerate(film.speed.tolist())]
    figure = go.Figure(go.Bar(x=steps + 0.5, y=film.speed, marker={"color": colour_of(0)}, hovertext=texts, hoverinfo="text"))
    numbers = [str(i + 1) for i in range(len(film.stops))]
    figure.update_layout(
        height=height,
        margin={"l": 44, "r": 4, "t": 4, "b": 22},
        bargap=0.15,
        showlegend=False,
        xaxis={"range": [-0.5, len(steps) + 0.5], "tickvals": film.stops, "ticktext": numbers},
        yaxis={"title": {"text": "change"}, "rangemode": "tozero", "nticks": 4},
        shapes=[
            {"type": "line", "x0": stop, "x1": stop, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": ACCENT, "width": 1}}
            for stop in film.stops.tolist()
        ],
    )
    return figure
