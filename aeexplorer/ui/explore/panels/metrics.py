"""Metrics of the test split with their explanations, beside the metrics of PCA of the same size."""

import streamlit as st

from aeexplorer.analysis.runs.quality import offered_families
from aeexplorer.analysis.runs.quality.base import Family, Figure, Metric
from aeexplorer.analysis.runs.quality.measuring import Measurement, cached_measurement
from aeexplorer.background.process import JobStatus
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.ui.shell import background

HEIGHT = 610
"""Height of the panel in CSS pixels."""
NARROW_SPACE = "\u202f"
"""A space at which lines do not break."""


def _draw(scene: Scene) -> None:
    run = scene.run
    families = _families(run.id, version_of(run.id), run)
    measurements = {family.name: cached_measurement(run, family.name) for family in families}
    missing = [family.name for family in families if measurements[family.name] is None]
    # the newest request is computed first, so the first family is requested last
    statuses = {name: background.request(run.id, f"quality {name}") for name in reversed(missing)}
    with st.container(height=HEIGHT, border=False):
        for family in families:
            if (measurement := measurements[family.name]) is None:
                _show_status(family, statuses[family.name])
            elif measurement.figures:
                _show(family, measurement)
    if pending := [name for name, status in statuses.items() if status.state != "failed"]:
        background.rerun_when_done(run.id, [f"quality {name}" for name in pending])


@st.cache_data(max_entries=64, show_spinner=False)
def _families(run_id: str, version: str, _run: Run) -> list[Family]:
    return offered_families(_run)


def _show(family: Family, measurement: Measurement) -> None:
    """Draw the metrics of a family as a table."""
    figures = [(metric, measurement.figures[metric.key]) for metric in family.metrics if metric.key in measurement.figures]
    has_pca = any(figure.pca is not None for _, figure in figures)
    header = [escape(family.title), measurement.split, *(["PCA"] if has_pca else [])]
    rows = [_row(metric, figure)[: len(header)] for metric, figure in figures if not isinstance(figure.value, list)]
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _row(metric: Metric, figure: Figure) -> list[str]:
    """Return the cells of a metric: its name and help, its value, and that of PCA. The better value is bold."""
    value, pca = (escape(metric.format_value(number)).replace(" ", NARROW_SPACE) for number in (figure.value, figure.pca))
    if figure.pca is not None and metric.better and not isinstance(figure.value, list):
        is_better = figure.value > figure.pca if metric.better == "higher" else figure.value < figure.pca
        value, pca = (f"**{value}**", pca) if is_better else (value, f"**{pca}**")
    note = f" :orange[:small[{escape(figure.note)}]]" if figure.note else ""
    return [f"**{escape(metric.title_with_arrow)}** :gray[:small[{escape(metric.help)}]]{note}", value, pca]


def _show_status(family: Family, status: JobStatus) -> None:
    """Draw the status of a family that is not measured yet."""
    if status.state == "failed":
        st.badge(escape(f"{family.title}: {status.reason}"), icon=":material/info:", color="gray")
    else:
        st.badge(escape(f"{family.title}: being measured"), icon=":material/hourglass_empty:", color="gray")


PANEL = Panel("metrics", "Metrics", "model", 16, frozenset({"results"}), _draw)
