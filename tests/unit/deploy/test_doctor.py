"""The doctor of docker-compose.yml: where it looks, and as whom."""

import socket
from urllib.parse import urlsplit

import pytest

from deploy.doctor import replicas, target
from deploy.make_secrets import new_passwords, service_files
from shared.access import SERVICES


def test_it_looks_as_the_administrator_and_as_each_service() -> None:
    passwords = new_passwords()
    found = target(passwords, {"api-1": "http://api:8000"})
    for url, server in ((found.amqp_url, "rabbitmq"), (found.management_url, "rabbitmq"), (found.mongo_url, "mongodb")):
        parts = urlsplit(url or "")
        assert (parts.username, parts.password) == ("administrator", passwords[server]["administrator"])
    files = service_files(passwords)
    assert {service: (urls.amqp_url, urls.mongo_url) for service, urls in found.users.items()} == {
        service: (files[f"{service}/amqp_url"], files[f"{service}/mongo_url"]) for service in SERVICES
    }
    assert (found.vhost, found.database, found.layout) == ("mailtally", "mailtally", None)


def test_each_address_of_a_service_is_a_replica_and_one_without_is_still_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "http://127.0.0.1:8000" in dict(replicas("localhost")).values()

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert list(replicas("scanner")) == [("scanner-1", "http://scanner:8000")]
