"""The command line as a person and as a script meet it."""

import json
import re
import signal
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from rich.cells import cell_len

from tests.e2e.conftest import ARCHIVE_MESSAGES
from tests.support.api_client import Person
from tests.support.held_mail import UnfinishedMailbox
from tests.support.mailboxes import Samples
from tests.support.terminal import ENVIRONMENT, Terminal, heed_ctrl_c

COLUMNS = 100


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


Command = Callable[..., list[str]]
NewPerson = Callable[[], Person]


def test_a_scan_in_a_terminal_shows_a_bar_then_the_result_and_the_invoices(
    command: Command, archive: Path, person: NewPerson
) -> None:
    name = person().name
    with Terminal(command("scan", str(archive), "--user", name), environment=ENVIRONMENT, columns=COLUMNS) as terminal:
        assert terminal.wait() == 0
    bars = [line for line in terminal.lines if "━" in line]
    assert any(re.search(r"archive\.mbox  ━.*%", line) for line in bars)
    assert max(map(cell_len, terminal.lines)) <= COLUMNS
    [done] = {line.strip() for line in terminal.lines if line.startswith("✓")}
    assert re.fullmatch(rf"✓ Done in .+: {ARCHIVE_MESSAGES} messages, \d+ invoices(, .+)?", done)
    # A redraw may have shown the result already; the line that stays is the last.
    after = terminal.lines[max(index for index, line in enumerate(terminal.lines) if done in line) + 1 :]
    assert after[0].split() == ["Date", "Vendor", "Number", "Total", "Confidence"]
    assert re.match(r"[A-Z]{3} [\d,.]+ in \d+", after[-1])


def test_ctrl_c_asks_and_y_cancels_the_scan(command: Command, unfinished: UnfinishedMailbox, person: NewPerson) -> None:
    ada = person()
    scan = command(*unfinished.scan, "--user", ada.name)
    with Terminal(scan, environment=unfinished.environment) as terminal:
        terminal.wait_for(f" of {unfinished.messages}")
        terminal.type(b"\x03")
        terminal.wait_for("[c] keep watching")
        terminal.type(b"y")
        assert terminal.wait() == 1
    assert any("Cancelled: " in line for line in terminal.lines)
    [task] = ada.api.scans()
    assert task["status"] == "CANCELLED"


def test_ctrl_c_twice_leaves_the_scan_running(
    command: Command, unfinished: UnfinishedMailbox, person: NewPerson
) -> None:
    ada = person()
    scan = command(*unfinished.scan, "--user", ada.name)
    with Terminal(scan, environment=unfinished.environment) as terminal:
        terminal.wait_for(f" of {unfinished.messages}")
        terminal.type(b"\x03")
        terminal.wait_for("[c] keep watching")
        terminal.type(b"\x03")
        assert terminal.wait() == 130
    [task] = ada.api.scans()
    assert f"mailtally tasks watch {task['task_id'][:8]}" in terminal.lines[-1]
    assert task["cancel_requested_at"] is None
    ada.api.cancel_scan(task["task_id"])
    assert ada.until_ended(task["task_id"])["status"] == "CANCELLED"


def test_without_a_terminal_there_are_log_lines_beside_clean_data(
    command: Command, archive: Path, person: NewPerson
) -> None:
    done = run(command("scan", str(archive), "--user", person().name))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split() == ["Date", "Vendor", "Number", "Total", "Confidence"]
    log = done.stderr.splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d archive\.mbox ", line) for line in log)
    assert re.search(rf"archive\.mbox ok Done in .+: {ARCHIVE_MESSAGES} messages", log[-1])
    assert done.stderr.isascii()
    assert "\x1b" not in done.stdout + done.stderr


def test_json_is_one_document_and_nothing_else(command: Command, archive: Path, person: NewPerson) -> None:
    ada = person()
    done = run(command("scan", str(archive), "--user", ada.name, "--json"))
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["task"] == ada.api.scan(document["task"]["task_id"])
    assert document["invoices"] == ada.invoices(task_id=document["task"]["task_id"])


def test_json_with_watch_is_one_line_a_change(command: Command, archive: Path, person: NewPerson) -> None:
    done = run(command("scan", str(archive), "--user", person().name, "--json", "--watch"))
    tasks = [json.loads(line) for line in done.stdout.splitlines()]
    versions = [task["version"] for task in tasks]
    assert versions == sorted(set(versions))
    assert tasks[-1]["status"] == "DONE"


def test_a_folder_of_messages_holds_the_same_invoices_as_a_zip_of_them(
    command: Command, tmp_path: Path, samples: Samples, person: NewPerson
) -> None:
    messages = [b"Subject:" + rest for rest in samples.first_messages("ada", 60).split(b"\nSubject:")[1:]]
    folder = tmp_path / "mail"
    folder.mkdir()
    for number, message in enumerate(messages):
        (folder / f"{number:03}.eml").write_bytes(message)
    with zipfile.ZipFile(tmp_path / "mail-packed.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    ada, bruno = person(), person()
    by_folder = run(command("scan", str(folder), "--user", ada.name))
    by_zip = run(command("scan", str(tmp_path / "mail-packed.zip"), "--user", bruno.name))
    assert (by_folder.returncode, by_zip.returncode) == (0, 0), by_folder.stderr + by_zip.stderr
    assert by_folder.stdout.splitlines()[0:-1] == by_zip.stdout.splitlines()[0:-1] != []


def test_what_is_no_mailbox_is_one_sentence_and_leaves_no_account(
    command: Command, tmp_path: Path, person: NewPerson
) -> None:
    ada = person()
    (tmp_path / "notes.txt").write_text("milk, bread")
    done = run(command("scan", str(tmp_path / "notes.txt"), "--user", ada.name))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("mailtally: The file is not a mailbox.")
    assert ada.api.accounts() == []


def test_no_watch_prints_the_id_and_tasks_watch_follows_it_to_the_end(
    command: Command, archive: Path, person: NewPerson
) -> None:
    name = person().name
    started = run(command("scan", str(archive), "--user", name, "--no-watch"))
    task_id = started.stdout.strip()
    watched = run(command("tasks", "watch", task_id[:8], "--user", name))
    assert (started.returncode, watched.returncode) == (0, 0)
    assert "ok Done in" in watched.stderr.splitlines()[-1]
    shown = run(command("tasks", "show", task_id, "--user", name, "--json"))
    assert json.loads(shown.stdout)["status"] == "DONE"


def test_watching_all_scans_shows_each_change_until_ctrl_c(
    command: Command, archive: Path, unfinished: UnfinishedMailbox, person: NewPerson
) -> None:
    ada = person()
    over = ada.scan(archive.read_bytes())["task_id"]
    task_id = ada.start(ada.server_mailbox(unfinished.source))
    with subprocess.Popen(
        command("tasks", "watch", "--user", ada.name, "--json"),
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    ) as watching:
        try:
            assert watching.stdout is not None
            seen = [json.loads(watching.stdout.readline())]
            ada.api.cancel_scan(task_id)
            while seen[-1]["status"] != "CANCELLED":
                seen.append(json.loads(watching.stdout.readline()))
            watching.send_signal(signal.SIGINT)
            assert watching.stdout.read() == ""
            assert watching.wait() == 130
        finally:
            watching.kill()
    assert {task["task_id"] for task in seen} == {task_id} != {over}


def test_a_reader_that_has_seen_enough_is_no_error_to_talk_about(command: Command) -> None:
    listing = subprocess.Popen(
        command("user", "list"), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert listing.stdout is not None
    listing.stdout.close()
    _, said = listing.communicate()
    assert said == ""
