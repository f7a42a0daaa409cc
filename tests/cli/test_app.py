"""Both ways to start the app pass every option, and a server for other machines says what that means."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from streamlit.web import cli as streamlit

from aeexplorer.cli import main
from aeexplorer.ui.shell.hosts import VARIABLE

LIMITS = ("AEEXPLORER_MAX_UPLOAD_MB", "AEEXPLORER_MAX_USER_MB", VARIABLE)


@pytest.mark.parametrize("command", [[], ["app"]], ids=["bare", "app"])
def test_every_option_reaches_the_server(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in LIMITS:
        monkeypatch.setenv(name, "")  # so that it is restored afterwards
        monkeypatch.delenv(name)
    monkeypatch.setenv(VARIABLE, "proxy.example.org")
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", "")
    started: list[list[str]] = []

    def start(arguments: list[str], **options: Any) -> None:
        started.append(arguments)

    monkeypatch.setattr(streamlit, "main", start)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = ["--host", "0.0.0.0", "--allow-host", "lab.example.org", "--port", str(port), "--no-browser"]
    given += ["--max-upload-mb", "7", "--max-user-mb", "9", "--workspace", str(tmp_path)]
    assert main([*command, *given]) == 0
    (arguments,) = started
    assert {f"--server.port={port}", "--server.address=0.0.0.0", "--server.maxUploadSize=7"} <= set(arguments)
    assert set(os.environ[VARIABLE].split(",")) == {"0.0.0.0", "lab.example.org", "proxy.example.org"}
    assert os.environ["AEEXPLORER_MAX_USER_MB"] == "9"
    printed = capsys.readouterr().out
    assert f"http://lab.example.org:{port}" in printed
    assert "There is no password" in printed
