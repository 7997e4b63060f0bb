"""Servers that run already are described by administrators' URLs."""

import pytest

from tools.stack.errors import StackError
from tools.stack.options import External, with_database_user, with_port, with_user


def test_without_urls_the_stack_brings_its_own_servers() -> None:
    external = External.from_environment({})
    assert (external.amqp_url, external.mongo_url, external.database) == (None, None, "mailtally")


def test_a_broker_without_its_management_url_is_refused_in_one_sentence() -> None:
    with pytest.raises(StackError, match="MAILTALLY_RABBITMQ_MANAGEMENT_URL"):
        External.from_environment({"MAILTALLY_AMQP_URL": "amqp://admin:p@host/"})


def test_the_management_api_is_asked_as_the_amqp_user_unless_its_url_names_one() -> None:
    amqp, management = "amqp://admin:p%40ss@host/v", "http://host:15672"
    given = {"MAILTALLY_AMQP_URL": amqp, "MAILTALLY_RABBITMQ_MANAGEMENT_URL": management}
    assert External.from_environment(given).management_url == "http://admin:p%40ss@host:15672"
    given["MAILTALLY_RABBITMQ_MANAGEMENT_URL"] = "http://other:q@host:15672"
    assert External.from_environment(given).management_url == "http://other:q@host:15672"


@pytest.mark.parametrize(
    ("url", "vhost"),
    [("amqp://h", "/"), ("amqp://h/", "/"), ("amqp://h/%2F", "/"), ("amqp://h/mail?heartbeat=10", "mail")],
)
def test_the_virtual_host_is_the_one_of_the_url(url: str, vhost: str) -> None:
    assert External(url, "http://h", None, "mailtally").vhost == vhost


def test_a_service_user_takes_the_administrators_place() -> None:
    assert with_user("amqp://admin:p@h:5672/v?heartbeat=10", "api", "q") == "amqp://api:q@h:5672/v?heartbeat=10"


def test_a_database_user_is_known_to_its_database_and_other_options_stay() -> None:
    url = "mongodb://admin:p@a:1,b:2/admin?replicaSet=rs0&authSource=admin&tls=true"
    expected = "mongodb://mailtally_api:q@a:1,b:2/?replicaSet=rs0&tls=true&authSource=mailtally"
    assert with_database_user(url, "mailtally_api", "q", "mailtally") == expected


def test_another_port_changes_nothing_else() -> None:
    assert with_port("amqp://api:p%40@h:5672/v?heartbeat=10", 9) == "amqp://api:p%40@h:9/v?heartbeat=10"
