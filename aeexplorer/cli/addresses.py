"""Addresses of the server: the ones to open it at, and what it means to accept other machines."""

import contextlib
import ipaddress
import socket
from collections.abc import Collection

LOCALHOST = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::")
_PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses for documentation (RFC 5737, RFC 3849): asking for the way there sends nothing."""


def network_addresses() -> list[str]:
    """Return the addresses of this machine in its networks, the one with the way out first; empty if it has none."""
    addresses: dict[str, None] = {}
    for family, target in _PROBES:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            addresses[probe.getsockname()[0]] = None
    with contextlib.suppress(OSError):
        addresses |= {str(entry[4][0]): None for entry in socket.getaddrinfo(socket.gethostname(), None)}
    return [address for address in addresses if not _is_local(address)]


def url_of(host: str, port: int) -> str:
    """Return the URL of the server for this machine."""
    name = "localhost" if host in (LOCALHOST, *_EVERYWHERE) else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def reach(host: str, port: int, allowed: Collection[str] = ()) -> str:
    """Return what it means to listen on `host`, with the addresses for other machines; empty if only this machine gets in."""
    if host == "localhost" or _is_local(host):
        return ""
    addresses = network_addresses() if host in _EVERYWHERE else [host]
    if host == "0.0.0.0":
        addresses = [address for address in addresses if ":" not in address]
    names = [*addresses, *(name for name in allowed if not name.startswith("*."))]
    urls = ", ".join(url_of(name, port) for name in dict.fromkeys(names)) or "its address, but it is in no network now"
    return (
        f"Other machines reach it at {urls}\nThere is no password: everybody who can reach this address can see, change and "
        "remove all data and runs, and use this machine's processors and disk."
    )


def _is_local(address: str) -> bool:
    """Return whether an address is one that only this machine has; link-local ones need a zone and are left out as well."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return parsed.is_loopback or (parsed.is_link_local and parsed.version == 6)
