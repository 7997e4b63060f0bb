"""What is missing is noticed before anything is started."""

import os
import subprocess
from pathlib import Path

import pytest

from cli.main import main
from tools.stack.layout import PROJECT


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "imaps://ada@imap.example.com/"],
        ["accounts", "add", "imaps://ada@imap.example.com/"],
        ["accounts", "remove", "Office"],
        ["consumers", "remove", "books"],
        ["tasks", "cleanup", "--older-than", "90"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_what_nobody_can_be_asked_for_is_told_before_a_stack_is_started(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAILTALLY_PASSWORD", raising=False)
    monkeypatch.delenv("MAILTALLY_MONGO_URL", raising=False)
    monkeypatch.setattr("cli.invocation.start_detached", lambda *_: pytest.fail("a stack was started"))
    assert main(["--local", str(tmp_path), *arguments]) == 2
    assert capsys.readouterr().err.startswith("mailtally: Not an interactive terminal. ")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_named_from_where_the_person_is_and_a_link_is_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").touch()
    link = tmp_path / "mailtally"
    link.symlink_to(PROJECT / "run")
    for command in ([str(PROJECT / "run"), "mailtally"], [str(link)]):
        done = subprocess.run(
            [*command, "scan", "mail.mbox"], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (1, "mailtally: mail.mbox is empty.\n")
