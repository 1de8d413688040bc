"""Which addresses a webhook may connect to."""

import ipaddress
import socket

import pytest

from orchestrator_celery import NotificationRefused
from orchestrator_celery.worker.notify.addresses import connect_to_allowed, is_allowed


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 192.0.2.1 224.0.0.1 "
    "255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 "
    "64:ff9b::10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2002:a00:1:: 2001:db8::1".split(),
)
def test_an_address_that_is_not_public_is_refused(address):
    assert not is_allowed(address, [])


@pytest.mark.parametrize("address", "93.184.216.34 8.8.8.8 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8".split())
def test_a_public_address_is_allowed(address):
    assert is_allowed(address, [])


@pytest.mark.parametrize(
    ("address", "network"), [("10.1.2.3", "10.0.0.0/8"), ("::1", "::1/128"), ("::ffff:10.1.2.3", "10.0.0.0/8")]
)
def test_a_network_of_the_project_is_allowed(address, network):
    assert is_allowed(address, [ipaddress.ip_network(network)])
    assert not is_allowed("192.168.0.1", [ipaddress.ip_network(network)])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001"])
def test_all_spellings_of_this_machine_are_refused(host):
    """Given a listener here, then no connection reaches it, however its address is written."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        with pytest.raises((NotificationRefused, OSError)):
            connect_to_allowed(host, server.getsockname()[1], 5, [])
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_name_is_resolved_once(monkeypatch):
    """Given a name server that answers with another address each time, then the one that was checked is connected to."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    asked = []

    def resolve(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    reached = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, target: reached.append(target))
    connect_to_allowed("rebinding.example", 80, 5, []).close()
    assert (asked, reached) == (["rebinding.example"], [("93.184.216.34", 80)])


def test_the_next_address_is_tried():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as closed:
        port = server.getsockname()[1]
        closed.close()
        connect_to_allowed("127.0.0.1", port, 5, ["127.0.0.0/8"]).close()
    with pytest.raises(ConnectionRefusedError):
        connect_to_allowed("127.0.0.1", port, 5, ["127.0.0.0/8"])
