"""The api's settings about mail servers and the key that seals their secrets."""

import pytest

from services.api.settings import ApiSettings
from shared.errors import SettingsError
from shared.settings import load
from tests.support.keys import PUBLIC_KEY


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("MAILTALLY_AMQP_URL", "amqp://x")
    monkeypatch.setenv("MAILTALLY_MONGO_URL", "mongodb://x")
    monkeypatch.setenv("MAILTALLY_JWT_SECRET", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("MAILTALLY_SEAL_PUBLIC_KEY", PUBLIC_KEY)
    return monkeypatch


def test_ports_are_read_as_numbers(environment: pytest.MonkeyPatch) -> None:
    assert load(ApiSettings).allowed_mail_ports == {143, 993}
    environment.setenv("MAILTALLY_MAIL_PORTS", "993, 1993")
    assert load(ApiSettings).allowed_mail_ports == {993, 1993}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MAILTALLY_SEAL_PUBLIC_KEY", "c2hvcnQ="),
        ("MAILTALLY_SEAL_PUBLIC_KEY", "no base64!"),
        ("MAILTALLY_MAIL_PORTS", "993;143"),
        ("MAILTALLY_MAIL_PORTS", "70000"),
        ("MAILTALLY_ALLOW_PRIVATE_MAIL_HOSTS", "perhaps"),
    ],
)
def test_a_bad_value_is_named_by_its_variable_and_not_repeated(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as refused:
        load(ApiSettings)
    assert value not in str(refused.value)


def test_without_a_key_the_api_does_not_start(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("MAILTALLY_SEAL_PUBLIC_KEY")
    with pytest.raises(SettingsError, match="MAILTALLY_SEAL_PUBLIC_KEY"):
        load(ApiSettings)
