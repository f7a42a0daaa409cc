"""``aeexplorer app``: serve the app and open the browser."""

import contextlib
import errno
import os
import socket
import threading
import time
import urllib.request
import webbrowser
from typing import Annotated

import click
import typer

from aeexplorer.cli.addresses import LOCALHOST, reach, url_of
from aeexplorer.cli.console import WorkspaceOption, echo
from aeexplorer.core.errors import UserError

DEFAULT_PORT = 8501

Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help=f"Port; if it is taken, the next free port. [default: {DEFAULT_PORT}]"),
]
Host = Annotated[
    str, typer.Option(help="Address to listen on; 0.0.0.0 lets every machine of the network in, without a password.")
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        help="Further name by which people open the app, such as that of a proxy, or *.example.org; may be repeated. "
        "Also AEEXPLORER_ALLOWED_HOSTS, separated by commas. Addresses and this machine's own name always work.",
        show_default=False,
    ),
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")]
MaxUpload = Annotated[
    int | None,
    typer.Option("--max-upload-mb", help="Largest uploaded file, in MB; also AEEXPLORER_MAX_UPLOAD_MB. [default: 4096]"),
]
MaxPerUser = Annotated[
    int | None,
    typer.Option("--max-user-mb", help="Largest total of a user's uploads, in MB; also AEEXPLORER_MAX_USER_MB. [default: 16384]"),
]


def serve(
    port: Port = None,
    host: Host = LOCALHOST,
    allow_host: AllowHost = None,
    workspace: WorkspaceOption = None,
    no_browser: NoBrowser = False,
    max_upload_mb: MaxUpload = None,
    max_user_mb: MaxPerUser = None,
) -> None:
    """Serve the app and open the browser. Ctrl-C stops the app; trainings continue."""
    from streamlit.web import cli as streamlit

    from aeexplorer.core.site import site_folder
    from aeexplorer.core.workspace import Workspace

    space = Workspace.open(workspace)
    os.environ["AEEXPLORER_WORKSPACE"] = str(space.root)
    max_file_mb = _set_upload_limits(max_upload_mb, max_user_mb)
    allowed = _set_allowed_hosts(host, allow_host or [])
    requested = port or DEFAULT_PORT
    chosen = free_port(host, requested)
    if chosen != requested:
        echo(f"Port {requested} is taken; using {chosen}.")
    url = url_of(host, chosen)
    lines = [f"aeexplorer is at {url}", reach(host, chosen, allowed), f"Workspace: {space.root}", "Ctrl-C stops it."]
    echo("\n".join(filter(None, lines)))
    threading.Thread(target=_open_browser, args=(url, not no_browser), daemon=True).start()
    options = {"port": chosen, "address": host, "headless": "true", "maxUploadSize": max_file_mb}
    arguments = ["run", str(site_folder() / "app.py"), *(f"--server.{name}={value}" for name, value in options.items())]
    with contextlib.suppress(KeyboardInterrupt, click.Abort):
        streamlit.main([*arguments, "--logger.hideWelcomeMessage=true"], standalone_mode=False)


def _set_allowed_hosts(host: str, names: list[str]) -> list[str]:
    """Put the names by which the server may be called into the environment, where the server reads them, and return them.

    They are those of the options, the one to listen on, and those that the environment has already.
    """
    from aeexplorer.ui.shell.hosts import VARIABLE, parse_names

    listened = [] if ":" in host else [host]
    allowed = sorted(parse_names([*names, *listened, *os.environ.get(VARIABLE, "").split(",")]))
    os.environ[VARIABLE] = ",".join(allowed)
    return [name for name in allowed if name != host]


def _set_upload_limits(per_file: int | None, per_user: int | None) -> int:
    """Put the upload limits into the environment, where the pages read them, and return the limit per file in MB.

    Options take precedence over the environment.
    """
    from aeexplorer.data.uploads.limits import VARIABLES, UploadLimits

    options = {"per_file_mb": per_file, "per_user_mb": per_user}
    variables = {VARIABLES[name]: str(value) for name, value in options.items() if value is not None}
    limits = UploadLimits.from_environment({**os.environ, **variables})
    os.environ.update(variables)
    return limits.per_file_mb


def free_port(host: str, first: int) -> int:
    """Find the first free port, from `first` on.

    Raises
    ------
    UserError
        If the address is not one of this machine, the port needs more rights, or a hundred ports are taken.
    """
    for port in range(first, min(first + 100, 65536)):
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
            return port
        except socket.gaierror:
            raise UserError(
                f"there is no address {host!r}", f"Give --host an address of this machine, such as {LOCALHOST}"
            ) from None
        except PermissionError:
            raise UserError(f"this user may not use port {port}", "Give --port a number of 1024 or more") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise UserError(f"{host} is not an address of this machine", f"Give --host {LOCALHOST} or 0.0.0.0") from None
    raise UserError(f"the ports from {first} on are all taken", "Give another --port")


def _open_browser(url: str, browser: bool) -> None:
    """Open the browser, if requested, once the server answers."""
    while browser:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                webbrowser.open(url)
                return
        except OSError:
            time.sleep(0.1)
