"""The server around the pages."""

import socket

from aeexplorer.ui.server import routes, send_at_once


def test_accepted_connections_do_not_wait_for_acknowledgements() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening, socket.socket() as browser:
        listening.bind(("127.0.0.1", 0))
        send_at_once()
        listening.listen()
        browser.connect(listening.getsockname())
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_routes_are_below_their_own_prefix() -> None:
    assert routes()
    assert all(route.path.startswith("/aex/") for route in routes())
