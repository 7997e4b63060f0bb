"""Mailboxes on mail servers, on the command line, as a person and as a script meet them."""

import email.utils
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.api_client import Person
from tests.support.dovecot import HOST, PASSWORD, MailServer
from tests.support.mailing import a_user, hands
from tests.support.scanning import a_message, an_mbox
from tests.support.terminal import ENVIRONMENT, Terminal

NOW = email.utils.formatdate(time.time())
LONG_AGO = "Thu, 05 Mar 2020 10:00:00 +0000"
TYPED = PASSWORD.encode() + b"\r"

Command = Callable[..., list[str]]
NewPerson = Callable[[], Person]


@pytest.fixture
def mailbox(mail_server: MailServer) -> str:
    """A user of the mail server with three invoices, one of them old."""
    user = a_user()
    with hands(mail_server, user) as mine:
        for number, sent in ((1, NOW), (2, NOW), (3, LONG_AGO)):
            mine.append(a_message(number, invoice=f"T-{number}", sent=sent))
    return user


def address(server: MailServer, user: str, folder: str = "") -> str:
    return f"imaps://{user}@{HOST}:{server.tls_port}/{folder}"


def run(command: list[str], **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {**ENVIRONMENT, **variables}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_the_password_is_asked_for_once_without_showing_it_and_then_the_mailbox_is_scanned(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson
) -> None:
    ada = person()
    scan = command("scan", address(mail_server, mailbox), "--user", ada.name)
    with Terminal(scan, environment=ENVIRONMENT) as terminal:
        terminal.wait_for(f"Password of {mailbox} on {HOST}: ")
        terminal.type(TYPED)
        assert terminal.wait() == 0
    assert "ümlauts" not in terminal.shown
    assert any("Done in" in line and "2 invoices" in line for line in terminal.lines)
    (account,) = ada.api.accounts()
    assert (account["label"], account["health"]) == (f"{mailbox}@{HOST}", "healthy")
    (task,) = ada.api.scans()
    assert task["months"] == 1
    again = run(scan)
    assert again.returncode == 0, again.stderr
    assert [account["account_id"]] == [one["account_id"] for one in ada.api.accounts()]


def test_a_script_gives_the_password_in_the_environment_and_gets_json(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson
) -> None:
    name = person().name
    scan = command(
        "scan", f"imap://{mailbox}@{HOST}:{mail_server.port}/INBOX", "--user", name, "--months", "12", "--json"
    )
    done = run(scan, MAILTALLY_PASSWORD=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["task"]["months"] == 12
    assert sorted(invoice["invoice_number"] for invoice in document["invoices"]) == ["T-1", "T-2"]
    listed = run(command("accounts", "list", "--user", name, "--json"))
    (account,) = json.loads(listed.stdout)["items"]
    assert (account["source"]["security"], account["source"]["folders"]) == ("starttls", ["INBOX"])


@pytest.mark.parametrize(
    ("password", "words"),
    [("wrong", "mailtally: The mail server refused the login."), (None, "Set MAILTALLY_PASSWORD")],
)
def test_what_fails_is_one_sentence_and_nothing_is_stored(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson, password: str | None, words: str
) -> None:
    ada = person()
    given = {"MAILTALLY_PASSWORD": password} if password else {}
    done = run(command("scan", address(mail_server, mailbox), "--user", ada.name), **given)
    assert done.returncode in (1, 2)
    assert words in done.stderr.splitlines()[-1]
    assert done.stdout == ""
    assert ada.api.accounts() == []


def test_a_password_that_works_no_more_is_asked_for_again(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson
) -> None:
    ada = person()
    place = {"kind": "imap", "host": HOST, "port": mail_server.tls_port, "username": mailbox}
    ada.api.create_account("Old", {**place, "password": "changed since"})
    done = run(command("scan", address(mail_server, mailbox), "--user", ada.name), MAILTALLY_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stderr
    (account,) = ada.api.accounts()
    assert (account["label"], account["health"]) == ("Old", "healthy")


def answer(terminal: Terminal, question: str, text: str = "") -> None:
    terminal.wait_for(question)
    terminal.type(text.encode() + b"\r")


def test_a_dialogue_adds_a_mailbox_and_checks_it(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson
) -> None:
    ada = person()
    with Terminal(command("accounts", "add", "--user", ada.name), environment=ENVIRONMENT) as terminal:
        answer(terminal, "Where is the mailbox (server, file) [server]")
        answer(terminal, "Mail address", "ada@gmail.com")
        answer(terminal, "Mail server [imap.gmail.com]", HOST)
        answer(terminal, "Security (tls, starttls) [tls]", "starttls")
        answer(terminal, "Port [143]", str(mail_server.port))
        answer(terminal, "User name [ada@gmail.com]", mailbox)
        answer(terminal, "Folders", "INBOX")
        answer(terminal, "Log in with (password, oauth2) [password]")
        answer(terminal, "Password of", "wrong")
        answer(terminal, f"Name of the mailbox [{mailbox}@{HOST}]", "Office")
        answer(terminal, "Nothing was stored. Try again with other details? [Y/n]")
        answer(terminal, f"Mail address [{mailbox}]")
        answer(terminal, f"Mail server [{HOST}]")
        answer(terminal, "Security (tls, starttls) [starttls]", "tls")
        answer(terminal, "Port [993]", str(mail_server.tls_port))
        answer(terminal, "User name")
        answer(terminal, "Folders", "INBOX")
        answer(terminal, "Log in with")
        answer(terminal, "Password of", PASSWORD)
        answer(terminal, "Name of the mailbox", "Office")
        assert terminal.wait() == 0
    assert "ümlauts" not in terminal.shown
    assert any(line.startswith("The mail server refused the login.") for line in terminal.lines)
    assert any(line.startswith("✓ The mail server accepted the login.") for line in terminal.lines)
    assert terminal.lines[-1] == "Added Office. Scan it with: mailtally accounts scan Office"
    (account,) = ada.api.accounts()
    assert account["source"]["port"] == mail_server.tls_port

    scanned = run(command("accounts", "scan", "Office", "--user", ada.name))
    assert scanned.returncode == 0, scanned.stderr
    listed = run(command("accounts", "list", "--user", ada.name)).stdout.splitlines()
    assert listed[0].split()[:5] == ["Mailbox", "From", "Messages", "Invoices", "Health"]
    assert listed[1].split()[:5] == ["Office", HOST, "2", "2", "Healthy"]
    checked = run(command("accounts", "check", "Office", "--user", ada.name))
    assert (checked.returncode, checked.stdout.startswith("ok The mail server accepted the login.")) == (0, True)

    with Terminal(command("accounts", "remove", "Office", "--user", ada.name), environment=ENVIRONMENT) as terminal:
        answer(terminal, "Remove the mailbox Office?", "y")
        assert terminal.wait() == 0
    assert any("This deletes its login and its 2 invoices" in line for line in terminal.lines)
    assert ada.api.accounts() == []


def test_who_gives_up_leaves_nothing_behind(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson
) -> None:
    ada = person()
    with Terminal(command("accounts", "add", "--user", ada.name), environment=ENVIRONMENT) as terminal:
        answer(terminal, "Where is the mailbox", "server")
        answer(terminal, "Mail address", f"{mailbox}@example.com")
        answer(terminal, "Mail server [imap.example.com]", HOST)
        answer(terminal, "Security")
        answer(terminal, "Port", str(mail_server.tls_port))
        answer(terminal, "User name", mailbox)
        answer(terminal, "Folders")
        answer(terminal, "Log in with")
        answer(terminal, "Password of", "wrong")
        answer(terminal, "Name of the mailbox")
        answer(terminal, "Try again with other details? [Y/n]", "n")
        assert terminal.wait() == 130
    with Terminal(command("accounts", "add", "--user", ada.name), environment=ENVIRONMENT) as terminal:
        answer(terminal, "Where is the mailbox")
        terminal.wait_for("Mail address")
        terminal.type(b"\x03")
        assert terminal.wait() == 130
    assert ada.api.accounts() == []


def test_the_dialogue_takes_a_file_as_well(command: Command, tmp_path: Path, person: NewPerson) -> None:
    ada = person()
    (tmp_path / "archive.mbox").write_bytes(an_mbox([a_message(1)]))
    with Terminal(command("accounts", "add", "--user", ada.name), environment=ENVIRONMENT) as terminal:
        answer(terminal, "Where is the mailbox", "file")
        answer(terminal, "File or folder", str(tmp_path / "missing"))
        answer(terminal, "File or folder", str(tmp_path / "archive.mbox"))
        assert terminal.wait() == 0
    assert terminal.lines[-1].startswith("Added archive.mbox: 1 message")
    assert [account["label"] for account in ada.api.accounts()] == ["archive.mbox"]


def test_a_check_that_fails_is_exit_1(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson
) -> None:
    ada = person()
    place = {"kind": "imap", "host": HOST, "port": mail_server.tls_port, "username": mailbox}
    ada.api.create_account("Old", {**place, "password": "changed since"})
    failed = run(command("accounts", "check", "Old", "--user", ada.name, "--json"))
    assert (failed.returncode, json.loads(failed.stdout)["code"]) == (1, "login_refused")
    removed = run(command("accounts", "remove", "Old", "--user", ada.name))
    assert (removed.returncode, "--yes" in removed.stderr) == (2, True)


def test_adding_a_server_is_scriptable_and_happens_once(
    command: Command, mail_server: MailServer, mailbox: str, person: NewPerson
) -> None:
    ada = person()
    add = command("accounts", "add", address(mail_server, mailbox), "--label", "Office", "--user", ada.name, "--json")
    added = run(add, MAILTALLY_PASSWORD=PASSWORD)
    assert (added.returncode, json.loads(added.stdout)["label"]) == (0, "Office"), added.stderr
    again = run(add, MAILTALLY_PASSWORD=PASSWORD)
    assert (again.returncode, "already added as Office" in again.stderr) == (1, True)
    assert len(ada.api.accounts()) == 1
