"""``aeexplorer search``: try settings and see which do well."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aeexplorer.cli.console import PRESET, JsonOption, WorkspaceOption, print_json, print_table, progress_line

if TYPE_CHECKING:
    from aeexplorer.training.search.search import Search


def search(
    data: Annotated[str, typer.Argument(metavar="DATASET", help="Name or id of a dataset, or the name of a built-in one.")],
    vary: Annotated[
        list[str], typer.Option(metavar="FIELD=VALUES", help="A setting and what it may be: 2,4,8 or 1e-4..1e-2. Several times.")
    ],
    preset: Annotated[str, typer.Option(help=f"{PRESET}.", show_default=False)] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any setting that is the same in all trials.")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="Trials at most.")] = 12,
    sampler: Annotated[str, typer.Option(help="tpe (near what did well), random or grid (every combination).")] = "tpe",
    objective: Annotated[str, typer.Option(help="What should be low: validation_mse or validation_loss.")] = "validation_mse",
    pruning: Annotated[bool, typer.Option(help="Stop trials that stay worse than the median of those before.")] = True,
    parallel: Annotated[int, typer.Option(min=0, max=64, help="Trials at once; 0 is as many as workers are free.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the choice of trials.")] = 0,
    device: Annotated[str, typer.Option(help="auto (CUDA where there is one), cpu or cuda.")] = "auto",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Search for good settings: each trial is a run. Ctrl-C pauses; the same search again goes on, or shows what it found."""
    from aeexplorer.cli.options import assignments, say_without_effect
    from aeexplorer.core.settings import parse
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.dataset import clean_name
    from aeexplorer.jobs.searches import pause_search, resume_search, search_status, watch_search
    from aeexplorer.models.fitting import recommended_preset
    from aeexplorer.models.presets import presets
    from aeexplorer.public import load_dataset
    from aeexplorer.training.defaults import config_for
    from aeexplorer.training.search.search import SearchConfig, create_search
    from aeexplorer.training.search.space import read_space
    from aeexplorer.training.trainer import choose_device

    space = Workspace.open(workspace)
    choose_device(device)
    with progress_line(f"Loading {data}") as progress:
        dataset = load_dataset(data, space, progress)
    preset = preset or recommended_preset(dataset.main_field)
    fixed = assignments(settings or [])
    base = config_for(preset, dataset, fixed)
    chosen = {"base": base, "space": read_space(base, assignments(vary)), "trials": trials, "sampler": sampler, "seed": seed}
    config = parse(SearchConfig, chosen | {"objective": objective, "pruning": pruning, "parallel": parallel})
    found = create_search(space, config, clean_name(f"{presets()[preset].title} on {dataset.name}"), preset, device)
    say_without_effect(base, dataset, [*fixed, *config.space], config.space)
    resume_search(found)
    try:
        with progress_line("Searching") as progress:
            for now in watch_search(found):
                best = found.ranked()[:1]
                so_far = f"trial {now.done} of {now.total}"
                progress(now.done / now.total, f"{so_far}, best {best[0][0]:.5g}" if best else so_far)
    except KeyboardInterrupt:
        pause_search(found)
        typer.echo(f"Paused after {search_status(found).done} trials. The same command goes on.", err=True)
        raise
    _report(found, as_json)


def _report(found: "Search", as_json: bool) -> None:
    from aeexplorer.jobs.searches import search_status
    from aeexplorer.training.search.study import importances

    rows = [_row(found, trial) for trial in found.trials()]
    ranked = [trial.number for _, trial in found.ranked()]
    rows.sort(key=lambda row: ranked.index(row["trial"] - 1) if row["trial"] - 1 in ranked else len(ranked))
    weights = importances(found, found.trials())
    if as_json:
        facts = {
            "search": found.id,
            "name": found.name,
            "objective": found.config.objective,
            "message": search_status(found).message,
        }
        print_json({**facts, "trials": rows, "importances": weights})
        return
    paths = list(found.config.space)
    columns = ("trial", "run", "end", found.config.objective, "epochs", *(path.rpartition(".")[2] for path in paths))
    print_table(
        columns, [[*(row[k] for k in ("trial", "run", "end", "value", "epochs")), *map(row["values"].get, paths)] for row in rows]
    )
    if weights:
        shares = ", ".join(f"{path.rpartition('.')[2]} {share:.0%}" for path, share in weights.items())
        typer.echo(f"What mattered: {shares}")
    if message := search_status(found).message:
        typer.echo(message)


def _row(found: "Search", trial: Any) -> dict[str, Any]:
    return {
        "trial": trial.number + 1,
        "run": trial.run_id,
        "end": trial.end,
        "value": found.value(trial),
        "epochs": max(found.curve(trial), default=0),
        "values": dict(trial.values),
    }
