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

from aeexplorer.cli.console import WorkspaceOption
from aeexplorer.core.errors import UserError

LOCAL = "127.0.0.1"
FIRST_PORT = 8501

Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help=f"Port; the next free one where it is taken. [default: {FIRST_PORT}]")
]
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")]
MaxUpload = Annotated[
    int | None,
    typer.Option("--max-upload-mb", help="Largest file to upload, in MB; or AEEXPLORER_MAX_UPLOAD_MB. [default: 4096]"),
]
MaxUser = Annotated[
    int | None,
    typer.Option("--max-user-mb", help="Most that a visitor may upload, in MB; or AEEXPLORER_MAX_USER_MB. [default: 16384]"),
]


def serve(
    port: Port = None,
    host: Host = LOCAL,
    workspace: WorkspaceOption = None,
    no_browser: NoBrowser = False,
    max_upload_mb: MaxUpload = None,
    max_user_mb: MaxUser = None,
) -> None:
    """Serve the app and open the browser. Stop it with Ctrl-C; trainings go on."""
    from streamlit.web import cli as streamlit

    from aeexplorer.core.site import site_folder
    from aeexplorer.core.workspace import Workspace

    space = Workspace.open(workspace)
    os.environ["AEEXPLORER_WORKSPACE"] = str(space.root)
    largest = _largest_upload(max_upload_mb, max_user_mb)
    wanted = port or FIRST_PORT
    chosen = free_port(host, wanted)
    if chosen != wanted:
        typer.echo(f"Port {wanted} is taken; using {chosen}.")
    url = f"http://{'localhost' if host in (LOCAL, '0.0.0.0', '::') else host}:{chosen}"
    typer.echo(f"aeexplorer is at {url}\nWorkspace: {space.root}\nCtrl-C stops it.")
    threading.Thread(target=_announce, args=(url, not no_browser), daemon=True).start()
    options = {"port": chosen, "address": host, "headless": "true", "maxUploadSize": largest}
    arguments = ["run", str(site_folder() / "app.py"), *(f"--server.{name}={value}" for name, value in options.items())]
    with contextlib.suppress(KeyboardInterrupt, click.Abort):
        streamlit.main([*arguments, "--logger.hideWelcomeMessage=true"], standalone_mode=False)


def _largest_upload(per_file: int | None, per_user: int | None) -> int:
    """The largest file to upload, in MB, by the options or the environment; the pages find both limits in the environment."""
    from aeexplorer.data.uploads.limits import VARIABLES, UploadLimits

    wanted = {"per_file_mb": per_file, "per_user_mb": per_user}
    given = {VARIABLES[name]: str(value) for name, value in wanted.items() if value is not None}
    limits = UploadLimits.from_environment({**os.environ, **given})
    os.environ.update(given)
    return limits.per_file_mb


def free_port(host: str, wanted: int) -> int:
    """The first port from `wanted` on that can be listened on.

    Raises
    ------
    UserError
        If the address is not one of this machine, or a hundred ports are taken.
    """
    for port in range(wanted, min(wanted + 100, 65536)):
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
            return port
        except socket.gaierror:
            raise UserError(f"there is no address {host!r}", f"Give --host an address of this machine, such as {LOCAL}") from None
        except PermissionError:
            raise UserError(f"port {port} may not be used by this user", "Give --port a number of 1024 or more") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise UserError(f"{host} is not an address of this machine", f"Give --host {LOCAL} or 0.0.0.0") from None
    raise UserError(f"no port from {wanted} on is free", "Give another --port")


def _announce(url: str, browser: bool) -> None:
    """Open the browser once the server answers."""
    while browser:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                webbrowser.open(url)
                return
        except OSError:
            time.sleep(0.1)
