"""The command ``aeexplorer doctor``: check the workspace and describe this machine."""

from typing import Annotated

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, echo, print_json, print_table
from aeexplorer.core.errors import UserError


def doctor(
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Mend runs, searches and the catalogue, set the rest aside, remove leftovers."),
    ] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Check the workspace (folders, hashes, searches, catalogue) and this machine. Changes nothing without --repair."""
    from aeexplorer.cli.checkup import check_workspace, repair_workspace
    from aeexplorer.core.machine import describe_machine
    from aeexplorer.core.workspace import Workspace

    space = Workspace.open(workspace)
    repaired = repair_workspace(space) if repair else []
    machine = describe_machine()
    problems = check_workspace(space)
    if as_json:
        listed = [{"where": p.where, "what": p.reason, "fix": p.fix} for p in problems]
        print_json({"workspace": str(space.root), "machine": machine, "repaired": repaired, "problems": listed})
    else:
        echo(f"Workspace {space.root}")
        print_table(("property", "value"), machine.items())
        for sentence in repaired:
            echo(sentence)
        if problems:
            print_table(("where", "what is wrong", "what to do"), [(p.where, p.reason, p.fix) for p in problems])
        else:
            echo("All datasets, checkpoints, searches and the catalogue are intact.")
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        raise UserError(f"{len(problems)} {noun} found in {space.root}", "Follow the fix listed with each problem")
