"""The command ``aeexplorer search``: try settings and compare their results."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aeexplorer.cli.console import PRESET_HELP, JsonOption, WorkspaceOption, echo, print_json, print_table, progress_line

if TYPE_CHECKING:
    from aeexplorer.training.search.search import Search


def run_search(
    data: Annotated[str, typer.Argument(metavar="DATASET", help="Name or id of a dataset, or the name of a built-in one.")],
    vary: Annotated[
        list[str], typer.Option(metavar="FIELD=VALUES", help="A setting and its values: 2,4,8 or 1e-4..1e-2. May be repeated.")
    ],
    preset: Annotated[str, typer.Option(help=f"{PRESET_HELP}.", show_default=False)] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A setting for all trials.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="Largest number of trials.")] = 12,
    sampler: Annotated[str, typer.Option(help="tpe (near good trials), random or grid (every combination).")] = "tpe",
    objective: Annotated[str, typer.Option(help="Metric to minimise: validation_mse or validation_loss.")] = "validation_mse",
    pruning: Annotated[bool, typer.Option(help="Stop trials that are worse than the median of earlier trials.")] = True,
    parallel: Annotated[int, typer.Option(min=0, max=64, help="Trials at once; 0 for one per free worker.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sampler.")] = 0,
    device: Annotated[str, typer.Option(help="auto (CUDA if available), cpu or cuda.")] = "auto",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Search for good settings; each trial is a run. Ctrl-C pauses; the same command resumes the search or shows its results."""
    from aeexplorer.cli.options import note_settings_without_effect, parse_assignments
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
    fixed = parse_assignments(settings or [])
    base = config_for(preset, dataset, fixed)
    chosen = {
        "base": base,
        "space": read_space(base, parse_assignments(vary)),
        "trials": trials,
        "sampler": sampler,
        "seed": seed,
    }
    config = parse(SearchConfig, chosen | {"objective": objective, "pruning": pruning, "parallel": parallel})
    search = create_search(space, config, clean_name(f"{presets()[preset].title} on {dataset.name}"), preset, device)
    note_settings_without_effect(base, dataset, [*fixed, *config.space], config.space)
    resume_search(search)
    try:
        with progress_line("Searching") as progress:
            for state in watch_search(search):
                best = search.ranked()[:1]
                text = f"trial {state.done} of {state.total}"
                progress(state.done / state.total, f"{text}, best {best[0][0]:.5g}" if best else text)
    except KeyboardInterrupt:
        pause_search(search)
        echo(f"Paused after {search_status(search).done} trials. Run the same command to resume.", err=True)
        raise
    _print_search(search, as_json)


def _print_search(search: "Search", as_json: bool) -> None:
    from aeexplorer.jobs.searches import search_status
    from aeexplorer.training.search.study import importances

    rows = [_trial_row(search, trial) for trial in search.trials()]
    ranked = [trial.number for _, trial in search.ranked()]
    rows.sort(key=lambda row: ranked.index(row["trial"] - 1) if row["trial"] - 1 in ranked else len(ranked))
    weights = importances(search, search.trials())
    if as_json:
        facts = {
            "search": search.id,
            "name": search.name,
            "objective": search.config.objective,
            "message": search_status(search).message,
        }
        print_json({**facts, "trials": rows, "importances": weights})
        return
    paths = list(search.config.space)
    columns = ("trial", "run", "end", search.config.objective, "epochs", *(path.rpartition(".")[2] for path in paths))
    print_table(
        columns, [[*(row[k] for k in ("trial", "run", "end", "value", "epochs")), *map(row["values"].get, paths)] for row in rows]
    )
    if weights:
        shares = ", ".join(f"{path.rpartition('.')[2]} {share:.0%}" for path, share in weights.items())
        echo(f"Importance of the settings: {shares}")
    if message := search_status(search).message:
        echo(message)


def _trial_row(search: "Search", trial: Any) -> dict[str, Any]:
    return {
        "trial": trial.number + 1,
        "run": trial.run_id,
        "end": trial.end,
        "value": search.value(trial),
        "epochs": max(search.curve(trial), default=0),
        "values": dict(trial.values),
    }
