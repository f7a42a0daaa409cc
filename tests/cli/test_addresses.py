"""The command line names the addresses at which other machines reach the server, and says that there is no password."""

import pytest

from aeexplorer.cli import addresses
from aeexplorer.cli.addresses import network_addresses, reach, url_of


def test_urls_are_those_that_a_browser_opens() -> None:
    assert url_of("0.0.0.0", 8501) == url_of("127.0.0.1", 8501) == url_of("::", 8501) == "http://localhost:8501"
    assert url_of("10.0.0.5", 80) == "http://10.0.0.5:80"
    assert url_of("fd00::5", 80) == "http://[fd00::5]:80"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
def test_a_server_for_this_machine_alone_says_nothing(host: str) -> None:
    assert reach(host, 8501) == ""


def test_a_server_for_all_names_its_real_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "network_addresses", lambda: ["192.168.7.3", "fd00::7"])
    text = reach("0.0.0.0", 8501, ["lab.example.org", "*.example.org"])
    assert "http://192.168.7.3:8501, http://lab.example.org:8501\n" in text
    assert "fd00" not in text  # 0.0.0.0 is IPv4 alone
    assert "no password" in text
    assert "http://[fd00::7]:8501" in reach("::", 8501)
    assert "http://10.0.0.5:8501\n" in reach("10.0.0.5", 8501)
    monkeypatch.setattr(addresses, "network_addresses", list)
    assert "it is in no network now" in reach("0.0.0.0", 8501)


def test_addresses_of_this_machine_alone_are_no_network_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(2, 1, 6, "", (text, 0)) for text in ("127.0.1.1", "10.1.2.3", "fe80::1%eth0", "::1", "10.1.2.3")]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda name, port: entries)
    monkeypatch.setattr(addresses, "_PROBES", ())
    assert network_addresses() == ["10.1.2.3"]
