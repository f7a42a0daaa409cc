"""The command line ``aeexplorer``, with one module per group of commands.

Heavy modules are imported only when their command runs, so that ``--help`` answers at once. An error is printed as one line on
standard error, with exit code 2.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from aeexplorer.cli import app as app_command
from aeexplorer.cli import bench, data, doctor, files, metrics, runs, search, training
from aeexplorer.core.errors import UserError
from aeexplorer.core.logs import VARIABLE as LOG_LEVEL
from aeexplorer.core.logs import Level, configure_logging, printable
from aeexplorer.core.version import __version__

cli = typer.Typer(
    help="Train autoencoders on your own data and explore their latent spaces. Without a command, open the app.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.command("app")(app_command.serve)
cli.add_typer(data.group, name="data")
cli.command("train")(training.train)
cli.command("search")(search.run_search)
cli.add_typer(runs.group, name="runs")
cli.command("metrics")(metrics.metrics)
cli.command("embed")(files.embed)
cli.command("export")(files.export)
cli.command("import")(files.import_)
cli.add_typer(bench.group, name="bench")
cli.command("doctor")(doctor.doctor)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"aeexplorer {__version__}")
        raise typer.Exit()


@cli.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    port: app_command.Port = None,
    host: app_command.Host = app_command.LOCALHOST,
    allow_host: app_command.AllowHost = None,
    workspace: Annotated[Path | None, typer.Option(help="Folder with datasets and runs; for every command.")] = None,
    no_browser: app_command.NoBrowser = False,
    max_upload_mb: app_command.MaxUpload = None,
    max_user_mb: app_command.MaxPerUser = None,
    log_level: Annotated[
        Level | None,
        typer.Option(help="Lowest level of the log lines on standard error; for every command.", show_default=False),
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    if log_level is not None:
        os.environ[LOG_LEVEL] = log_level
    configure_logging("info" if context.invoked_subcommand in (None, "app") else "warning")
    if context.invoked_subcommand is None:
        app_command.serve(port, host, allow_host, workspace, no_browser, max_upload_mb, max_user_mb)
        return
    options = (port, allow_host, max_upload_mb, max_user_mb)
    if no_browser or host != app_command.LOCALHOST or any(option is not None for option in options):
        fix = f"Leave them out before {context.invoked_subcommand!r}"
        raise UserError("--port, --host, --allow-host, --no-browser and the --max- limits belong to the app", fix)
    if workspace is not None:
        os.environ["AEEXPLORER_WORKSPACE"] = str(workspace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        The arguments without the program's name; by default those of the process.

    Returns
    -------
    int
        The exit code: 0 on success, 2 after an error, 130 after Ctrl-C.
    """
    try:
        code = typer.main.get_command(cli)(args=arguments, prog_name="aeexplorer", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except typer.TyperException as error:
        return _fail(error.format_message())
    except UserError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception as error:
        if os.environ.get("AEEXPLORER_TRACEBACK"):
            raise
        return _fail(
            f"unexpected {type(error).__name__}: {error}. Set AEEXPLORER_TRACEBACK=1 to see the traceback, and report it."
        )
    return code if isinstance(code, int) else 0


def _fail(message: str) -> int:
    print(printable(f"aeexplorer: {' '.join(message.split())}"), file=sys.stderr)
    return 2
