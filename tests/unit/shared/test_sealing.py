"""Sealed secrets: opened by the private key alone, while keys are replaced too."""

import base64
from typing import Any

import pytest

from shared.mailboxes import ImapMailbox, MailSecret, OAuth2, binding
from shared.sealing import CannotOpen, InvalidKey, Opener, Sealer, new_key_pair

SECRET = MailSecret(bound_to="here", password="hidden")


def test_what_is_sealed_is_opened_by_its_key_and_by_no_other() -> None:
    private, public = new_key_pair()
    sealed = Sealer(public).seal(SECRET)
    assert Opener(private).open(sealed) == SECRET
    assert "hidden" not in sealed
    assert Sealer(public).seal(SECRET) != sealed
    with pytest.raises(CannotOpen):
        Opener(new_key_pair()[0]).open(sealed)


def test_several_keys_open_what_was_sealed_for_any_and_tell_the_newest() -> None:
    (old, old_public), (new, new_public) = new_key_pair(), new_key_pair()
    opener = Opener(f" {new} , {old} ")
    before, after = Sealer(old_public).seal(SECRET), Sealer(new_public).seal(SECRET)
    assert opener.open(before) == opener.open(after) == SECRET
    assert (opener.is_newest(before), opener.is_newest(after)) == (False, True)
    assert opener.public_key == new_public


@pytest.mark.parametrize("sealed", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_what_is_damaged_cannot_be_opened(sealed: str) -> None:
    with pytest.raises(CannotOpen):
        Opener(new_key_pair()[0]).open(sealed)


@pytest.mark.parametrize("key", ["", " , ", "no base64!", base64.b64encode(b"short").decode()])
def test_what_is_no_key_is_said(key: str) -> None:
    with pytest.raises(InvalidKey):
        Opener(key)


def test_a_secret_is_bound_to_everything_that_it_is_sent_to() -> None:
    oauth2 = OAuth2(provider="other", client_id="c", token_url="https://login.example.com/token")
    mailbox = ImapMailbox(
        host="imap.example.com", port=993, security="tls", username="ada", auth="xoauth2", oauth2=oauth2, secret=""
    )
    moved: list[dict[str, Any]] = [
        {"host": "imap.example.org"},
        {"port": 143},
        {"security": "starttls"},
        {"username": "bob"},
        {"oauth2": oauth2.model_copy(update={"token_url": "https://login.example.org/token"})},
        {"oauth2": oauth2.model_copy(update={"provider": "google"})},
        {"oauth2": oauth2.model_copy(update={"client_id": "d"})},
        {"oauth2": None},
    ]
    bindings = {binding("a", mailbox), binding("b", mailbox)}
    bindings |= {binding("a", mailbox.model_copy(update=change)) for change in moved}
    assert len(bindings) == len(moved) + 2
    same: dict[str, Any] = {"host": "IMAP.example.com", "folders": ("A",), "secret": "x", "secret_version": 2}
    assert binding("a", mailbox.model_copy(update=same)) == binding("a", mailbox)
