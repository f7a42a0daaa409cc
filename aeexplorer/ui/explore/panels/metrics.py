"""Metrics over the whole test split, what each says, and PCA of the same size beside them."""

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
NARROW = "\u202f"
"""A space at which no line breaks."""


def _draw(scene: Scene) -> None:
    run = scene.run
    families = _families(run.id, version_of(run.id), run)
    found = {family.name: cached_measurement(run, family.name) for family in families}
    missing = [family.name for family in families if found[family.name] is None]
    statuses = {
        name: background.request(run.id, f"quality {name}") for name in reversed(missing)
    }  # the newest request comes first
    with st.container(height=HEIGHT, border=False):
        for family in families:
            if (known := found[family.name]) is None:
                _tell(family, statuses[family.name])
            elif known.figures:
                _show(family, known)
    if awaited := [name for name, status in statuses.items() if status.state != "failed"]:
        _watch(run, awaited)


@st.cache_data(max_entries=64, show_spinner=False)
def _families(run_id: str, mark: str, _run: Run) -> list[Family]:
    return offered_families(_run)


def _show(family: Family, known: Measurement) -> None:
    figures = [(metric, known.figures[metric.key]) for metric in family.metrics if metric.key in known.figures]
    compared = any(figure.pca is not None for _, figure in figures)
    head = [escape(family.title), known.split, *(["PCA"] if compared else [])]
    rows = [_row(metric, figure)[: len(head)] for metric, figure in figures if not isinstance(figure.value, list)]
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _row(metric: Metric, figure: Figure) -> list[str]:
    value, pca = (escape(metric.format_value(one)).replace(" ", NARROW) for one in (figure.value, figure.pca))
    if figure.pca is not None and metric.better and not isinstance(figure.value, list):
        ahead = figure.value > figure.pca if metric.better == "higher" else figure.value < figure.pca
        value, pca = (f"**{value}**", pca) if ahead else (value, f"**{pca}**")
    return [f"**{escape(metric.title_with_arrow)}** :gray[:small[{escape(metric.help)}]]", value, pca]


def _tell(family: Family, status: JobStatus) -> None:
    if status.state == "failed":
        st.badge(escape(f"{family.title}: {status.reason}"), icon=":material/info:", color="gray")
    else:
        st.badge(escape(f"{family.title}: being measured"), icon=":material/hourglass_empty:", color="gray")


@st.fragment(run_every=1.0)
def _watch(run: Run, awaited: list[str]) -> None:
    """Look every second whether something was measured; then draw the page again."""
    if any(background.request(run.id, f"quality {name}").state in ("ready", "failed") for name in awaited):
        st.rerun()


PANEL = Panel("metrics", "Metrics", "model", 16, frozenset({"results"}), _draw)
