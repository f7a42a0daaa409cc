"""Sockets among the file descriptors of the process send without delay. Fails if descriptors are no longer listed."""

import socket
from pathlib import Path

import pytest

from aeexplorer.ui.shell.sockets import DESCRIPTORS, VARIABLE, disable_send_delay


def accepted_without_delay(descriptors: Path = DESCRIPTORS) -> bool:
    """Return whether a connection that is accepted after `disable_send_delay` sends at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening, socket.socket() as browser:
        listening.bind(("127.0.0.1", 0))
        disable_send_delay(descriptors)
        listening.listen()
        browser.connect(listening.getsockname())
        connection, _ = listening.accept()
        with connection:
            return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


def test_accepted_connections_do_not_wait_for_acknowledgements() -> None:
    assert accepted_without_delay()


def test_the_option_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    assert disable_send_delay() == 0
    assert not accepted_without_delay()


def test_nothing_changes_without_the_folder_of_descriptors(tmp_path: Path) -> None:
    assert disable_send_delay(tmp_path / "fd") == 0
