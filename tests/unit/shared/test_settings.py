"""Settings: files for secrets, one clear sentence for what is wrong, and no value in it."""

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import ServiceSettings, load


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTALLY_AMQP_URL", "amqp://broker")
    monkeypatch.setenv("MAILTALLY_MONGO_URL", "mongodb://database")


def test_a_secret_can_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("amqp://from-file\n", encoding="utf-8")
    monkeypatch.delenv("MAILTALLY_AMQP_URL")
    monkeypatch.setenv("MAILTALLY_AMQP_URL_FILE", str(tmp_path / "url"))
    assert load(ServiceSettings).amqp_url == "amqp://from-file"


def test_the_plain_variable_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("amqp://from-file", encoding="utf-8")
    monkeypatch.setenv("MAILTALLY_AMQP_URL_FILE", str(tmp_path / "url"))
    assert load(ServiceSettings).amqp_url == "amqp://broker"


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILTALLY_MONGO_URL")
    with pytest.raises(SettingsError, match=r"MAILTALLY_MONGO_URL \(or MAILTALLY_MONGO_URL_FILE\) is not set"):
        load(ServiceSettings)


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTALLY_MONGO_URL_FILE", "/nowhere/at/all")
    with pytest.raises(SettingsError, match="MAILTALLY_MONGO_URL_FILE"):
        load(ServiceSettings)


def test_a_bad_value_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTALLY_AMQP_URL", "http://user:password@example.com")
    with pytest.raises(SettingsError, match="MAILTALLY_AMQP_URL") as caught:
        load(ServiceSettings)
    assert "password" not in str(caught.value)
