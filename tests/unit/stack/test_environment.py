"""A service gets its own users and secrets, and no administrator's."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from shared.sealing import Opener, new_key_pair
from tools.stack.environment import service_environment
from tools.stack.errors import StackError
from tools.stack.secrets import Secrets
from tools.stack.stackfile import ServiceUrls

URLS = ServiceUrls("amqp://api:p@127.0.0.1:20001/mailtally", "mongodb://mailtally_api:p@127.0.0.1:20002/")
INHERITED = {
    "PATH": "/bin",
    "MAILTALLY_SLICE_LEASE_S": "2",
    "MAILTALLY_AMQP_URL": "amqp://administrator:top@host/",
    "MAILTALLY_MONGO_URL": "mongodb://administrator:top@host/",
    "MAILTALLY_RABBITMQ_MANAGEMENT_URL": "http://administrator:top@host:15672",
    "MAILTALLY_OPERATOR_AMQP_URL": "amqp://operator:top@host/",
}


def environment_of(service: str, folder: Path, inherited: dict[str, str]) -> dict[str, str]:
    return service_environment(
        service, urls=URLS, database="mailtally", port=20009, secrets=Secrets(folder), inherited=inherited
    )


def test_it_reaches_both_servers_as_itself(tmp_path: Path) -> None:
    environment = environment_of("api", tmp_path, INHERITED)
    assert environment["MAILTALLY_AMQP_URL"] == URLS.amqp_url
    assert environment["MAILTALLY_MONGO_URL"] == URLS.mongo_url
    assert environment["MAILTALLY_HTTP_PORT"] == "20009"


def test_no_administrators_password_is_handed_on(tmp_path: Path) -> None:
    assert not [value for value in environment_of("scanner", tmp_path, INHERITED).values() if "top" in value]


def test_the_api_alone_reaches_the_dead_letters(tmp_path: Path) -> None:
    urls = replace(URLS, operator_amqp_url="amqp://operator:p@127.0.0.1:20001/mailtally")
    environment = service_environment(
        "api", urls=urls, database="mailtally", port=20009, secrets=Secrets(tmp_path), inherited=INHERITED
    )
    assert environment["MAILTALLY_OPERATOR_AMQP_URL"] == urls.operator_amqp_url
    assert "MAILTALLY_OPERATOR_AMQP_URL" not in environment_of("scanner", tmp_path, INHERITED)


def test_settings_of_the_launchers_environment_are_handed_on(tmp_path: Path) -> None:
    environment = environment_of("scanner", tmp_path, INHERITED)
    assert environment["MAILTALLY_SLICE_LEASE_S"] == "2"
    assert environment["PATH"] == "/bin"


def test_only_the_api_can_sign_tokens(tmp_path: Path) -> None:
    file = environment_of("api", tmp_path, INHERITED)["MAILTALLY_JWT_SECRET_FILE"]
    assert Path(file).read_text() == Secrets(tmp_path)["jwt-secret"]
    assert "MAILTALLY_JWT_SECRET_FILE" not in environment_of("scanner", tmp_path, INHERITED)


def test_each_service_gets_its_half_of_the_seal_key_and_status_none(tmp_path: Path) -> None:
    api, scanner, status = (environment_of(name, tmp_path, INHERITED) for name in ("api", "scanner", "status"))
    public = Path(api["MAILTALLY_SEAL_PUBLIC_KEY_FILE"])
    private = Path(scanner["MAILTALLY_SEAL_PRIVATE_KEY_FILE"])
    assert Opener(private.read_text()).public_key == public.read_text()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (public, private)] == [0o600, 0o600]
    assert not [name for name in api if "PRIVATE_KEY" in name]
    assert not [name for name in status if "SEAL" in name]
    assert environment_of("scanner", tmp_path, INHERITED) == scanner


def test_a_private_key_of_the_operators_own_stays_with_the_scanner_and_decides_the_public_one(tmp_path: Path) -> None:
    newest, public = new_key_pair()
    inherited = {**INHERITED, "MAILTALLY_SEAL_PRIVATE_KEY": f"{newest},{new_key_pair()[0]}"}
    api = environment_of("api", tmp_path, inherited)
    assert api["MAILTALLY_SEAL_PUBLIC_KEY"] == public
    assert newest not in "".join(api.values())
    scanner = environment_of("scanner", tmp_path, inherited)
    assert scanner["MAILTALLY_SEAL_PRIVATE_KEY"] == inherited["MAILTALLY_SEAL_PRIVATE_KEY"]


def test_a_private_key_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="MAILTALLY_SEAL_PRIVATE_KEY"):
        environment_of("api", tmp_path, {**INHERITED, "MAILTALLY_SEAL_PRIVATE_KEY": "short"})


def test_a_token_secret_of_the_operators_own_is_kept(tmp_path: Path) -> None:
    environment = environment_of("api", tmp_path, {**INHERITED, "MAILTALLY_JWT_SECRET": "mine"})
    assert environment["MAILTALLY_JWT_SECRET"] == "mine"
    assert "MAILTALLY_JWT_SECRET_FILE" not in environment
