"""The secrets of the containers: each where it is needed, nowhere else, and the same ones for ever."""

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.make_secrets import Passwords, with_new_seal_key, with_newest_seal_key_only, write_all
from shared.access import SERVICES
from shared.mailboxes import MailSecret
from shared.sealing import CannotOpen, Opener, Sealer, read_keys


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in files}


def write_again(folder: Path, change: Callable[[Passwords], Passwords] | None = None) -> None:
    write_all(folder, change=change, service_user=os.getuid(), server_user=os.getuid())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_all(tmp_path, service_user=os.getuid(), server_user=os.getuid())
    return tmp_path


def test_a_second_start_keeps_the_passwords(folder: Path) -> None:
    first = contents(folder)
    assert not write_all(folder, service_user=os.getuid(), server_user=os.getuid())
    second = contents(folder)
    hashes = "rabbitmq/definitions.json"  # salted anew each time
    assert {name: text for name, text in second.items() if name != hashes} == {
        name: text for name, text in first.items() if name != hashes
    }


def test_a_start_after_a_crash_in_the_middle_completes_the_files(folder: Path) -> None:
    jwt = (folder / "api/jwt_secret").read_text(encoding="utf-8")
    (folder / "api/jwt_secret").rename(folder / "api/jwt_secret.new")
    write_all(folder, service_user=os.getuid(), server_user=os.getuid())
    assert (folder / "api/jwt_secret").read_text(encoding="utf-8") == jwt
    assert not (folder / "api/jwt_secret.new").exists()


def test_each_half_of_the_seal_key_is_where_it_is_needed_and_nowhere_else(folder: Path) -> None:
    private = (folder / "scanner/seal_private_key").read_text(encoding="utf-8")
    public = (folder / "api/seal_public_key").read_text(encoding="utf-8")
    secret = MailSecret(bound_to="x", password="hidden")
    assert Opener(private).open(Sealer(public).seal(secret)) == secret
    holders = [name for name, text in contents(folder).items() if private in text]
    assert sorted(holders) == ["operator/passwords.json", "scanner/seal_private_key"]


def test_a_seal_key_is_added_to_the_secrets_of_an_older_version(folder: Path) -> None:
    kept = folder / "operator/passwords.json"
    passwords = json.loads(kept.read_text(encoding="utf-8"))
    del passwords["keys"]["seal"]
    kept.unlink()
    kept.write_text(json.dumps(passwords))
    write_again(folder)
    after = json.loads(kept.read_text(encoding="utf-8"))
    assert after["rabbitmq"] == passwords["rabbitmq"]
    assert (folder / "scanner/seal_private_key").read_text(encoding="utf-8") == after["keys"]["seal"]


def test_a_webhook_key_is_added_to_the_secrets_of_an_older_version_and_kept_from_then_on(folder: Path) -> None:
    kept = folder / "operator/passwords.json"
    passwords = json.loads(kept.read_text(encoding="utf-8"))
    del passwords["keys"]["webhook"]
    kept.unlink()
    kept.write_text(json.dumps(passwords))
    write_again(folder)
    key = (folder / "api/webhook_key").read_text(encoding="utf-8")
    assert read_keys(key)
    write_again(folder)
    assert (folder / "api/webhook_key").read_text(encoding="utf-8") == key
    holders = [name for name, text in contents(folder).items() if key in text]
    assert sorted(holders) == ["api/webhook_key", "operator/passwords.json", "webhooks/webhook_key"]


def test_the_seal_key_is_replaced_in_two_steps(folder: Path) -> None:
    secret = MailSecret(bound_to="x", password="hidden")

    def keys() -> tuple[Opener, Sealer]:
        return Opener((folder / "scanner/seal_private_key").read_text()), Sealer(
            (folder / "api/seal_public_key").read_text()
        )

    before = keys()[1].seal(secret)
    write_again(folder, with_new_seal_key)
    opener, sealer = keys()
    after = sealer.seal(secret)
    assert opener.open(before) == opener.open(after) == secret
    write_again(folder, with_newest_seal_key_only)
    opener, _ = keys()
    assert opener.open(after) == secret
    with pytest.raises(CannotOpen):
        opener.open(before)


def test_only_the_owner_may_read_a_file(folder: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o400}


def test_the_operators_user_is_added_to_the_secrets_of_an_older_version(folder: Path) -> None:
    kept = folder / "operator/passwords.json"
    passwords = json.loads(kept.read_text(encoding="utf-8"))
    del passwords["rabbitmq"]["operator"]
    kept.unlink()
    kept.write_text(json.dumps(passwords))
    write_again(folder)
    added = json.loads(kept.read_text(encoding="utf-8"))["rabbitmq"]["operator"]
    assert urlsplit((folder / "api/operator_amqp_url").read_text(encoding="utf-8")).password == added
    assert '"operator"' in (folder / "rabbitmq/definitions.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_its_own_passwords_only(folder: Path, service: str) -> None:
    of_service = {"api": ("api/", "webhooks/")}.get(service, (f"{service}/",))
    mine = "".join(text for name, text in contents(folder).items() if name.startswith(of_service))
    foreign = {
        urlsplit(text).password
        for name, text in contents(folder).items()
        if name.endswith("_url") and not name.startswith(of_service)
    }
    assert foreign
    assert not [password for password in foreign if str(password) in mine]


def test_what_delivers_to_webhooks_has_the_apis_servers_and_one_key_of_it(folder: Path) -> None:
    files = contents(folder)
    given = {name.removeprefix("webhooks/"): text for name, text in files.items() if name.startswith("webhooks/")}
    assert given.keys() == {"amqp_url", "mongo_url", "webhook_key"}
    assert given == {name: files[f"api/{name}"] for name in given}


def test_the_broker_gets_hashes_instead_of_passwords(folder: Path) -> None:
    definitions = (folder / "rabbitmq/definitions.json").read_text(encoding="utf-8")
    for service in SERVICES:
        password = urlsplit((folder / service / "amqp_url").read_text(encoding="utf-8")).password
        assert str(password) not in definitions


def test_the_key_of_the_replica_set_has_the_characters_and_the_length_that_mongod_takes(folder: Path) -> None:
    assert re.fullmatch(r"[A-Za-z0-9+/]{6,1024}", (folder / "mongo/replica_set_key").read_text(encoding="utf-8"))
