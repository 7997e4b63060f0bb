"""The command line of the launcher: every option that it reads is one that it has."""

import re
from pathlib import Path

import pytest

from tools.drill import __main__ as drill
from tools.stack import __main__ as stack


@pytest.mark.parametrize(
    ("module", "commands"), [(stack, [["up"], ["down"]]), (drill, [[]])], ids=["./run up, down", "./run drill"]
)
def test_every_option_that_is_read_is_declared(module: object, commands: list[list[str]]) -> None:
    parser = module._parser()  # type: ignore[attr-defined]  # noqa: SLF001
    declared = {name for command in commands for name in vars(parser.parse_args(command))}
    source = Path(str(module.__file__)).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert set(re.findall(r"\bgiven\.(\w+)", source)) <= declared
