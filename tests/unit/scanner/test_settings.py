"""The scanner's settings about mail servers and the recognition of characters."""

from pathlib import Path

import pytest

from services.scanner.settings import ScannerSettings
from shared.errors import SettingsError
from shared.settings import load
from tests.support import recogniser
from tests.support.keys import PRIVATE_KEY


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("MAILTALLY_AMQP_URL", "amqp://x")
    monkeypatch.setenv("MAILTALLY_MONGO_URL", "mongodb://x")
    monkeypatch.setenv("MAILTALLY_SEAL_PRIVATE_KEY", PRIVATE_KEY)
    return monkeypatch


def test_mail_ports_are_numbers_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    assert load(ScannerSettings).mail_hosts.ports == {143, 993}
    environment.setenv("MAILTALLY_MAIL_PORTS", "993, 1993")
    assert load(ScannerSettings).mail_hosts.ports == {993, 1993}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MAILTALLY_MAIL_PORTS", "993;143"),
        ("MAILTALLY_MAIL_PORTS", "0"),
        ("MAILTALLY_MAIL_CA", "no certificate"),
        ("MAILTALLY_SEAL_PRIVATE_KEY", "c2hvcnQ="),
        ("MAILTALLY_SEAL_PRIVATE_KEY", f"{PRIVATE_KEY},no key"),
        ("MAILTALLY_ALLOW_PRIVATE_MAIL_HOSTS", "perhaps"),
        ("MAILTALLY_MAIL_CONNECTIONS", "0"),
        ("MAILTALLY_OCR", "yes"),
        ("MAILTALLY_SCANNER_UNITS", "0"),
    ],
)
def test_a_bad_value_is_named_by_its_variable(environment: pytest.MonkeyPatch, variable: str, value: str) -> None:
    environment.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable):
        load(ScannerSettings)


def test_parsers_have_work_while_a_slice_is_stored(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAILTALLY_SCANNER_CONCURRENCY", "4")
    assert load(ScannerSettings).units_at_once == 8
    environment.setenv("MAILTALLY_SCANNER_UNITS", "16")
    assert load(ScannerSettings).units_at_once == 16


def test_recognition_is_off_unless_it_is_asked_for(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not load(ScannerSettings).limits.ocr_enabled
    recogniser.fake(tmp_path, "")
    environment.setenv("PATH", str(tmp_path))
    environment.setenv("MAILTALLY_OCR", "on")
    limits = load(ScannerSettings).limits
    assert limits.ocr_enabled
    assert limits.seconds > limits.ocr_seconds + 10


def test_recognition_without_its_program_says_what_to_install(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("MAILTALLY_OCR", "on")
    environment.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match=r"^MAILTALLY_OCR: .*apt install tesseract-ocr .*tesseract-ocr-deu\.$"):
        load(ScannerSettings)
