"""stack.json is what other programs read."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tools.stack.files import write_private
from tools.stack.stackfile import ServiceUrls, Stack, read_stack, write_stack

STACK = Stack(
    api_url="http://127.0.0.1:8000",
    amqp_url="amqp://administrator:a@127.0.0.1:20001/mailtally",
    mongo_url="mongodb://administrator:b@127.0.0.1:20002/?authSource=admin",
    rabbitmq_management_url="http://administrator:a@127.0.0.1:20003",
    users={"api": ServiceUrls("amqp://api:c@127.0.0.1:20001/mailtally", "mongodb://mailtally_api:d@127.0.0.1:20002/")},
    processes={"rabbitmq": [1], "mongod": [2], "api": [3], "scanner": [4, 5], "status": [6]},
    metrics={"api": "http://127.0.0.1:8000/metrics", "scanner": ["u", "v"], "status": ["w"]},
)


def test_it_holds_the_names_that_others_rely_on(tmp_path: Path) -> None:
    write_stack(tmp_path / "stack.json", STACK)
    content = json.loads((tmp_path / "stack.json").read_text())
    assert list(content) == [
        "api_url",
        "amqp_url",
        "mongo_url",
        "rabbitmq_management_url",
        "users",
        "processes",
        "metrics",
    ]
    assert content["users"]["api"] == {
        "amqp_url": "amqp://api:c@127.0.0.1:20001/mailtally",
        "mongo_url": "mongodb://mailtally_api:d@127.0.0.1:20002/",
    }
    assert content["processes"] == {"rabbitmq": [1], "mongod": [2], "api": [3], "scanner": [4, 5], "status": [6]}


def test_it_is_for_its_owner_alone_as_it_holds_passwords(tmp_path: Path) -> None:
    write_stack(tmp_path / "stack.json", STACK)
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    write_stack(tmp_path / "stack.json", STACK)
    assert read_stack(tmp_path / "stack.json") == STACK


def test_without_the_file_no_stack_is_up(tmp_path: Path) -> None:
    assert read_stack(tmp_path / "stack.json") is None


def test_a_write_that_fails_leaves_the_old_content_and_no_other_file(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    write_private(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(file, "\ud800")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("stack.json", "old")]


def test_a_service_can_be_led_to_its_servers_through_other_ports() -> None:
    urls = STACK.users["api"]
    assert urls.with_ports({}) == urls
    assert urls.with_ports({"mongo": 9}) == ServiceUrls(urls.amqp_url, "mongodb://mailtally_api:d@127.0.0.1:9/")
    with_operator = replace(urls, operator_amqp_url="amqp://operator:e@127.0.0.1:20001/mailtally")
    assert with_operator.with_ports({"amqp": 8}).operator_amqp_url == "amqp://operator:e@127.0.0.1:8/mailtally"
    assert urls.with_ports({"amqp": 8}) == ServiceUrls("amqp://api:c@127.0.0.1:8/mailtally", urls.mongo_url)
