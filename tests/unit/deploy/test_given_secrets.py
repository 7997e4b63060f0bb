"""Secrets that somebody gives as files take the place of made-up ones, and are checked first."""

import json
import os
import re
from pathlib import Path

import pytest

from deploy.given_secrets import InvalidSecretError, read_given, with_given
from deploy.make_secrets import new_passwords, summary, write_all
from shared.sealing import new_key_pair
from tools.stack.layout import PROJECT

PASSWORD = "correct.horse~battery_staple-1"


def give(folder: Path, **secrets: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, secret in secrets.items():
        (folder / name).write_text(f"{secret}\n")
    return folder


def test_a_given_secret_is_where_the_made_up_one_would_be(tmp_path: Path) -> None:
    seal = new_key_pair()[0]
    given = read_given(give(tmp_path / "given", mongodb_api=PASSWORD, keys_jwt="j" * 40, keys_seal=seal))
    own = os.getuid()
    written = tmp_path / "secrets"
    written.mkdir()
    write_all(written, change=lambda known: with_given(known, given), service_user=own, server_user=own)
    assert f"mailtally_api:{PASSWORD}@mongo" in (written / "api/mongo_url").read_text()
    assert (written / "api/jwt_secret").read_text() == "j" * 40
    assert (written / "scanner/seal_private_key").read_text() == seal
    kept = json.loads((written / "operator/passwords.json").read_text())
    assert kept["mongodb"]["api"] == PASSWORD


def test_all_others_stay_as_they_were() -> None:
    made_up = new_passwords()
    changed = with_given(made_up, {"rabbitmq_status": PASSWORD})
    assert changed["rabbitmq"].pop("status") == PASSWORD != made_up["rabbitmq"].pop("status")
    assert changed == made_up


def test_every_made_up_secret_could_have_been_given(tmp_path: Path) -> None:
    made_up = new_passwords()
    names = {f"{group}_{name}": secret for group, secrets in made_up.items() for name, secret in secrets.items()}
    assert with_given(new_passwords(), read_given(give(tmp_path / "all", **names))) == made_up


def test_the_docs_name_each_that_can_be_given() -> None:
    docs = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`(?:rabbitmq|mongodb|keys)_.*?) \|", docs, re.MULTILINE)
    documented = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert documented == {f"{group}_{name}" for group, secrets in new_passwords().items() for name in secrets}


@pytest.mark.parametrize(
    ("name", "secret", "said"),
    [
        ("rabbitmq_api", "short", "rabbitmq_api must hold at least 16"),
        ("mongodb_api", "p@ss:word/with#signs?", "it stands in URLs"),
        ("keys_jwt", "x" * 31, "32 to 1024 characters of base64"),
        ("keys_replica_set", "no base64, but as long as it has to be!", "characters of base64"),
        ("keys_seal", "AAAA", "32 bytes in base64"),
        ("keys_seal", "", "32 bytes in base64"),
        ("keys_webhook", "AAAA,AAAA", "32 bytes in base64"),
    ],
)
def test_a_wrong_one_is_named_and_not_quoted(tmp_path: Path, name: str, secret: str, said: str) -> None:
    with pytest.raises(InvalidSecretError, match=said) as wrong:
        read_given(give(tmp_path / "given", **{name: secret}))
    assert not secret or secret not in str(wrong.value)


def test_a_name_that_is_none_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidSecretError, match=r"no secret mongo_api\. .*mongodb_api"):
        with_given(new_passwords(), {"mongo_api": PASSWORD})


def test_whoever_starts_it_is_told_what_is_made_up() -> None:
    assert "Development secrets were generated" in summary([], is_new=True)
    assert "docs/operations.md#production" in summary([], is_new=False)
    assert summary(["keys_jwt"], is_new=False).startswith("Secrets from files: keys_jwt. ")
