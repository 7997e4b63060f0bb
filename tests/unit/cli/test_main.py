"""Wrong use and errors: one sentence on standard error, and the exit code."""

from pathlib import Path

import pytest

from cli.main import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["acounts"], 'No command "acounts". Did you mean accounts?'),
        (["tasks", "lst"], 'No command "lst". Did you mean list?'),
        (["frobnicate"], 'No command "frobnicate".'),
        (["scan"], "Missing argument"),
        (["scan", "x", "--months", "13"], "--months"),
        (["scan", "x", "--bogus"], 'No option "--bogus".'),
        (["scan", "x", "--jsn"], 'No option "--jsn". Did you mean --json?'),
        (["invoices", "export", "--format", "pdf"], "--format"),
    ],
)
def test_wrong_use_exits_2_with_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("mailtally: ")
    assert sentence in captured.err
    assert captured.err.count("\n") == 1


def test_an_error_exits_1_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(tmp_path / "missing.mbox")]) == 1
    assert capsys.readouterr().err == f'mailtally: File or folder "{tmp_path / "missing.mbox"}" not found.\n'


def test_only_debug_shows_a_traceback_wherever_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(tmp_path / "missing.mbox"), "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--help"], ["tasks"], ["scan", "--help"]])
def test_help_is_data(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert "Usage: mailtally" in captured.out
    assert captured.err == ""


COMMANDS = [
    *([name] for name in ("scan", "migrate", "rebuild", "doctor")),
    *(["tasks", name] for name in ("list", "show", "stats", "watch", "cancel", "cleanup")),
    *(["invoices", name] for name in ("list", "export")),
    *(["accounts", name] for name in ("list", "add", "check", "scan", "remove")),
    *(["dead-letters", name] for name in ("list", "show", "redrive", "drop")),
    *(["user", name] for name in ("add", "list", "token")),
    *(["events", name] for name in ("tail", "emit-sample")),
    *(["webhooks", name] for name in ("add", "list", "remove", "test", "deliveries")),
    *(["consumers", name] for name in ("add", "list", "remove")),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_of_each_command_has_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    paragraphs = [" ".join(paragraph.split()) for paragraph in capsys.readouterr().out.split("\n\n")]
    [example] = [paragraph for paragraph in paragraphs if paragraph.startswith("Example: ")]
    assert f"mailtally {' '.join(command)}" in example


def test_ctrl_c_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.invocation.running_stack", interrupted)
    assert main(["tasks", "stats"]) == 130


def test_a_bug_is_one_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("cli.invocation.running_stack", broken)
    assert main(["tasks", "stats"]) == 1
    assert capsys.readouterr().err == (
        "mailtally: Unexpected error: KeyError. Run the command again with --debug for details.\n"
    )
