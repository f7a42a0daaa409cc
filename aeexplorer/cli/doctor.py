"""``aeexplorer doctor``: is everything whole, and what is this machine?"""

from typing import Annotated

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, print_json, print_table
from aeexplorer.core.errors import UserError


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Rebuild the catalogue, mend searches, and sweep what interrupted work left.")
    ] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Check the workspace (folders, hashes, searches, catalogue) and this machine. Nothing is changed without --repair."""
    from aeexplorer.cli.checkup import check_workspace
    from aeexplorer.cli.checkup import repair as mend
    from aeexplorer.core.machine import describe_machine
    from aeexplorer.core.workspace import Workspace

    space = Workspace.open(workspace)
    done = mend(space) if repair else []
    machine = describe_machine()
    problems = check_workspace(space)
    if as_json:
        found = [{"where": p.where, "what": p.what, "fix": p.fix} for p in problems]
        print_json({"workspace": str(space.root), "machine": machine, "repaired": done, "problems": found})
    else:
        typer.echo(f"Workspace {space.root}")
        print_table(("what", "found"), machine.items())
        for sentence in done:
            typer.echo(sentence)
        if problems:
            print_table(("where", "what is wrong", "what to do"), [(p.where, p.what, p.fix) for p in problems])
        else:
            typer.echo("All datasets, checkpoints, searches and the catalogue are whole.")
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        raise UserError(f"{len(problems)} {noun} found in {space.root}", "Do what stands beside each")
