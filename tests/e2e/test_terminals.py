"""Terminals of every kind: narrow, without colours, without UTF-8, dumb; and what a person does in one meanwhile."""

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.api_client import Person
from tests.support.held_mail import UnfinishedMailbox
from tests.support.mailboxes import Samples
from tests.support.terminal import ENVIRONMENT, Terminal, heed_ctrl_c

NARROW = 44
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3|4|9|10)[0-7]m")
CONTROL_C = b"\x03"

Command = Callable[..., list[str]]
NewPerson = Callable[[], Person]


def test_c_goes_on_watching_and_n_lets_the_scan_run(
    command: Command, unfinished: UnfinishedMailbox, person: NewPerson
) -> None:
    ada = person()
    scan = command(*unfinished.scan, "--user", ada.name)
    with Terminal(scan, environment=unfinished.environment) as terminal:
        terminal.wait_for(f" of {unfinished.messages}")
        terminal.type(CONTROL_C)
        terminal.wait_for("[c] keep watching")
        terminal.type(b"c")
        terminal.wait_for(f" of {unfinished.messages}")
        terminal.type(CONTROL_C)
        terminal.wait_for("[c] keep watching")
        terminal.type(b"n")
        assert terminal.wait() == 130
    [task] = ada.api.scans()
    assert terminal.lines[-1].endswith(f"Watch it with: mailtally tasks watch {task['task_id'][:8]}")
    assert task["cancel_requested_at"] is None
    ada.api.cancel_scan(task["task_id"])
    assert ada.until_ended(task["task_id"])["status"] == "CANCELLED"


def test_watching_shows_each_scan_on_a_line_until_ctrl_c(
    command: Command, unfinished: UnfinishedMailbox, archive: Path, person: NewPerson
) -> None:
    ada = person()
    with Terminal(command("tasks", "watch", "--user", ada.name), environment=ENVIRONMENT) as terminal:
        terminal.wait_for("No scan is running. New scans are shown here until Ctrl-C.")
        long_id = ada.start(ada.server_mailbox(unfinished.source))
        terminal.wait_for(f" of {unfinished.messages}")
        ada.api.cancel_scan(long_id)
        terminal.wait_for("Cancelled: ")
        ada.start(ada.mailbox(archive.read_bytes(), "archive.mbox"))
        terminal.wait_for("Done in")
        terminal.type(CONTROL_C)
        assert terminal.wait() == 130
    ended = [line for line in terminal.lines if "Cancelled: " in line or "Done in" in line]
    assert "Cancelled: " in ended[-2]
    assert "Done in" in ended[-1]


def test_a_narrow_terminal_keeps_the_bar_and_drops_columns(command: Command, archive: Path, person: NewPerson) -> None:
    name = person().name
    scan = command("scan", str(archive), "--user", name)
    with Terminal(scan, environment=ENVIRONMENT, columns=NARROW) as terminal:
        assert terminal.wait() == 0
    bars = [line for line in terminal.lines if "archive.mbox  ━" in line]
    assert bars
    assert max(map(cell_len, bars)) < NARROW
    with Terminal(command("invoices", "list", "--user", name), environment=ENVIRONMENT, columns=NARROW) as listing:
        assert listing.wait() == 0
    assert listing.lines[0].split() == ["Date", "Vendor", "Total"]
    assert max(map(cell_len, listing.lines[:-1])) <= NARROW


@pytest.mark.parametrize(
    ("variables", "options"), [({"NO_COLOR": "1"}, []), ({}, ["--no-color"])], ids=["NO_COLOR", "--no-color"]
)
def test_colours_can_be_left_out(
    command: Command, archive: Path, person: NewPerson, variables: dict[str, str], options: list[str]
) -> None:
    scan = command("scan", str(archive), "--user", person().name, *options)
    with Terminal(scan, environment={**ENVIRONMENT, **variables}) as terminal:
        assert terminal.wait() == 0
    assert "━" in terminal.shown
    assert COLOUR.search(terminal.shown) is None


def test_colours_are_there_otherwise(command: Command, archive: Path, person: NewPerson) -> None:
    with Terminal(command("scan", str(archive), "--user", person().name), environment=ENVIRONMENT) as terminal:
        assert terminal.wait() == 0
    assert "\x1b[32m✓" in terminal.shown


@pytest.mark.parametrize(
    ("variables", "options"), [({"TERM": "dumb"}, []), ({}, ["--plain"])], ids=["TERM=dumb", "--plain"]
)
def test_a_plain_terminal_gets_lines_without_control_codes(
    command: Command, archive: Path, person: NewPerson, variables: dict[str, str], options: list[str]
) -> None:
    scan = command("scan", str(archive), "--user", person().name, *options)
    with Terminal(scan, environment={**ENVIRONMENT, **variables}) as terminal:
        assert terminal.wait() == 0
    assert "\x1b" not in terminal.shown
    assert any(re.match(r"\d\d:\d\d:\d\d archive\.mbox ok Done in", line) for line in terminal.lines)


def test_a_terminal_without_utf_8_gets_what_it_can_show(command: Command, archive: Path, person: NewPerson) -> None:
    name = person().name
    ascii_only = {**ENVIRONMENT, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with Terminal(command("scan", str(archive), "--user", name), environment=ascii_only) as terminal:
        assert terminal.wait() == 0
    assert terminal.shown.isascii()
    assert any(line.startswith("archive.mbox  ") and "-----" in line for line in terminal.lines)
    assert any(line.strip().startswith("ok Done in") for line in terminal.lines)


def test_a_file_that_has_not_changed_is_not_sent_again(command: Command, archive: Path, person: NewPerson) -> None:
    ada = person()

    def scan(*options: str) -> str:
        words = command("scan", str(archive), "--user", ada.name, *options)
        done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=True)
        return done.stderr

    assert "has not changed" not in scan()
    [first] = ada.api.accounts()
    again = scan()
    assert "archive.mbox was uploaded just now and has not changed since; scanning that upload." in again
    assert (
        f"Show the {first['invoices']} invoices found before with: mailtally invoices list --account archive.mbox"
        in again
    )
    [second] = ada.api.accounts()
    assert second["source"] == first["source"]
    with archive.open("ab") as file:
        file.write(b"\n")
    assert "has not changed" not in scan()
    [third] = ada.api.accounts()
    assert third["source"]["upload"]["sha256"] != first["source"]["upload"]["sha256"]


def test_a_shell_completes_scans_and_mailboxes_and_makes_no_user(
    command: Command, samples: Samples, person: NewPerson
) -> None:
    ada = person()
    task_id = ada.scan(samples.first_messages("ada", 20))["task_id"]
    [account] = ada.api.accounts()

    def offered(*words: str) -> list[str]:
        program = command()
        typed = ["mailtally", *program[3:], *words, ""]
        asked = {"_MAILTALLY_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(typed)}
        environment = {**ENVIRONMENT, **asked, "COMP_CWORD": str(len(typed) - 1)}
        done = subprocess.run(program[:3], env=environment, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.stdout.split()

    assert offered("tasks", "show", "--user", ada.name) == [task_id[:8]]
    assert offered("accounts", "check", "--user", ada.name) == [account["label"]]
    assert offered("tasks", "show", "--user", f"{ada.name}-nobody") == []
    listed = subprocess.run(
        command("user", "list", "--json"), env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert f"{ada.name}-nobody" not in listed.stdout


def test_ctrl_c_without_a_terminal_leaves_the_scan_running_and_says_so(
    command: Command, unfinished: UnfinishedMailbox, person: NewPerson
) -> None:
    ada = person()
    with subprocess.Popen(
        command(*unfinished.scan, "--user", ada.name),
        env=unfinished.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    ) as scanning:
        assert scanning.stderr is not None
        for line in scanning.stderr:
            if f"/{unfinished.messages} " in line:
                break
        scanning.send_signal(signal.SIGINT)
        said = scanning.stderr.read().splitlines()
        assert scanning.wait() == 130
    [task] = ada.api.scans()
    assert said[-1] == f"mailtally: The scan goes on. Watch it with: mailtally tasks watch {task['task_id'][:8]}"
    ada.api.cancel_scan(task["task_id"])
    assert ada.until_ended(task["task_id"])["status"] == "CANCELLED"
