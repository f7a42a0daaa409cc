"""The command ``aeexplorer metrics``."""

from typing import Annotated

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, print_json, print_table, progress_line
from aeexplorer.cli.runs import RunName


def metrics(
    name: RunName,
    only: Annotated[
        list[str] | None, typer.Option(metavar="FAMILY", help="A family of metrics, such as likelihood; may be repeated.")
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Measure a run on its whole test split and compare it with PCA of the same size. Earlier results are reused."""
    from aeexplorer.analysis.runs.quality import family_of, offered_families
    from aeexplorer.analysis.runs.quality.measuring import compute_metrics, measure
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.public import open_run

    run = open_run(name, Workspace.open(workspace))
    chosen = [family_of(family) for family in only] if only else offered_families(run)
    with progress_line("Measuring") as progress:
        for i, family in enumerate(chosen):
            progress(i / len(chosen), family.title)
            measure(run, family.name)
    if as_json:
        print_json({"run": run.id, "name": run.name, "metrics": compute_metrics(run, [family.name for family in chosen])})
        return
    for family in chosen:
        measured = measure(run, family.name)
        figures = [(metric, measured.figures[metric.key]) for metric in family.metrics if metric.key in measured.figures]
        rows = [
            (m.title_with_arrow, m.format_value(figure.value), m.format_value(figure.pca), f"{m.help} {figure.note}".strip())
            for m, figure in figures
        ]
        print_table((family.title, measured.split, "PCA", "meaning"), rows)
