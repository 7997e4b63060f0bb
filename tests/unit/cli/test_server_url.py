"""Mail servers as a person names them."""

from typing import Any

import pytest

from cli.errors import UsageError
from cli.mailboxes.server_url import MailServer, guess_host, is_mail_server, login_hint, parse_server_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("imaps://ada@imap.example.com/", MailServer("imap.example.com", "ada")),
        ("IMAPS://ada@IMAP.Example.com", MailServer("imap.example.com", "ada")),
        ("imap://ada@imap.example.com", MailServer("imap.example.com", "ada", 143, "starttls")),
        ("imaps://ada@imap.example.com:1993/INBOX", MailServer("imap.example.com", "ada", 1993, "tls", ("INBOX",))),
        ("imaps://ada%40example.com@imap.example.com/", MailServer("imap.example.com", "ada@example.com")),
        ("imaps://ada@example.com@imap.example.com/", MailServer("imap.example.com", "ada@example.com")),
        ("imaps://ada@bücher.example/", MailServer("xn--bcher-kva.example", "ada")),
        ("imaps://ada@[2001:db8::1]:993/", MailServer("2001:db8::1", "ada")),
        (
            "imaps://ada@h.example/Rechnungen%202026/A%2FB",
            MailServer("h.example", "ada", folders=("Rechnungen 2026/A/B",)),
        ),
    ],
)
def test_an_address_names_server_user_and_folder(text: str, expected: MailServer) -> None:
    assert is_mail_server(text)
    assert parse_server_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "imaps://imap.example.com/",
        "imaps://@imap.example.com/",
        "imaps://ada@/",
        "imaps://ada@imap.example.com:port/",
        "imaps://ada@imap.example.com/?folder=x",
        "imaps://ada@no host/",
    ],
)
def test_what_is_no_address_says_how_one_is_written(text: str) -> None:
    with pytest.raises(UsageError, match=r"imaps://user@host|name of a mail server"):
        parse_server_url(text)


def test_a_password_in_the_address_is_refused_without_being_repeated() -> None:
    with pytest.raises(UsageError, match="MAILTALLY_PASSWORD") as refused:
        parse_server_url("imaps://ada:hunter2@imap.example.com/")
    assert "hunter2" not in str(refused.value)


def test_folders_are_named_once() -> None:
    assert parse_server_url("imaps://ada@h.example/A", folders=["B", "A"]).folders == ("A", "B")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("ada@gmail.com", "imap.gmail.com"),
        ("ada@GoogleMail.com", "imap.gmail.com"),
        ("ada@outlook.com", "outlook.office365.com"),
        ("ada@example.com", "imap.example.com"),
    ],
)
def test_the_server_is_guessed_from_the_mail_address(address: str, host: str) -> None:
    assert guess_host(address) == host


def test_what_large_providers_want_is_said_beforehand() -> None:
    assert "app password" in str(login_hint("imap.gmail.com"))
    assert login_hint("imap.example.com") is None


def test_an_account_is_known_again_by_its_place_and_folders() -> None:
    server = parse_server_url("imaps://ada@imap.example.com/A")
    source: dict[str, Any] = {**server.source(), "auth": "password", "oauth2": None}
    assert server.matches({"source": source})
    others: list[dict[str, Any]] = [{"folders": []}, {"username": "bob"}, {"port": 1}, {"kind": "upload"}]
    for other in others:
        assert not server.matches({"source": {**source, **other}})
    assert not server.matches({"source": {"kind": "upload", "upload": None}})
