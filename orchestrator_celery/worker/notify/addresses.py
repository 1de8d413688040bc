"""Where a webhook may connect to: public addresses, and the networks that the project allows.

A name is resolved once, and the connection goes to the address that was checked. Otherwise a name server could answer
with a public address first, and with one inside the project's network when the connection is made.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from orchestrator_celery.errors import NotificationRefused

__all__ = ("connect_to_allowed", "is_allowed")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Networks of translators to IPv4, whose last 32 bits are the IPv4 address.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


def connect_to_allowed(host: str, port: int, timeout: float, allowed: Iterable[str]) -> socket.socket:
    """Connect to the first address of a host that is allowed and answers.

    Args:
        host: the name or address.
        port: the port.
        timeout: seconds that a connection may take.
        allowed: networks that are allowed beside public addresses.

    Raises:
        NotificationRefused: no address of the host is allowed.
        OSError: the host has no address now, or does not answer.
    """
    networks = [ipaddress.ip_network(network) for network in allowed]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    targets = [entry for entry in found if is_allowed(str(entry[4][0]), networks)]
    if not targets:
        raise NotificationRefused(
            f"The address of {host!r} is not public, so nothing was sent: give a public host, or add its network to "
            "the setting orchestrator_notify_private."
        )
    last: OSError | None = None
    for family, kind, protocol, _, target in targets:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(target)
        except OSError as exc:
            connection.close()
            last = exc
        else:
            return connection
    assert last is not None
    raise last


def is_allowed(text: str, networks: Iterable[_Network]) -> bool:
    """Whether a connection to an address is allowed.

    >>> is_allowed("93.184.216.34", ()), is_allowed("127.0.0.1", ()), is_allowed("::ffff:10.0.0.1", ())
    (True, False, False)
    >>> is_allowed("10.1.2.3", [ipaddress.ip_network("10.0.0.0/8")])
    True
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _inner(address)
    return any(address in network or inner in network for network in networks) or (
        _is_public(address) and _is_public(inner)
    )


def _inner(address: _Address) -> _Address:
    """The IPv4 address to which a connection to an IPv6 address would go; else the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
        if any(address in network for network in _TRANSLATED):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return True  # the address inside decides
    return address.is_global and not address.is_multicast
