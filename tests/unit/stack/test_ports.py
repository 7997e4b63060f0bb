"""Ports are free, stay the same where they can, and leave the machine's own servers alone."""

import socket
from pathlib import Path

import pytest

from tools.stack.ports import free_ports, is_free, remembered_ports


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_ports_are_different_and_free() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(map(is_free, ports))


def test_the_standard_ports_of_both_servers_are_never_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    standard = (25672, 27017, 27018, 27019)
    monkeypatch.setattr("tools.stack.ports._RANGE", (*standard * 10, *range(20_000, 20_100)))
    assert not {*standard} & {*free_ports(50)}


def test_the_next_start_gets_the_same_ports(tmp_path: Path) -> None:
    first = remembered_ports(tmp_path / "ports.json", ["amqp", "epmd"])
    assert remembered_ports(tmp_path / "ports.json", ["amqp", "epmd"]) == first


def test_ports_that_somebody_took_meanwhile_are_chosen_anew(tmp_path: Path) -> None:
    first = remembered_ports(tmp_path / "ports.json", ["amqp", "epmd"])
    with socket.create_server(("127.0.0.1", first["amqp"])):
        second = remembered_ports(tmp_path / "ports.json", ["amqp", "epmd"])
    assert first["amqp"] not in second.values()
    assert remembered_ports(tmp_path / "ports.json", ["amqp", "epmd"]) == second
