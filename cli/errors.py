"""Errors that end a command with one sentence and an exit code.

CliError                     a sentence, exit 1
├── UsageError               the command line itself is wrong, exit 2
├── InterruptedCommandError  Ctrl-C in the middle of the command, exit 130
├── NotFoundError            no such name or id, with a suggestion if one is close
├── ApiProblemError          the API refused, in its own words (problem+json)
└── ApiUnreachableError      the API did not answer
"""

from collections.abc import Iterable
from difflib import get_close_matches


class CliError(Exception):
    """The message is one sentence that says what happened, then what to do."""

    exit_code = 1


class UsageError(CliError):
    """The arguments are invalid, whatever the state of the system."""

    exit_code = 2


class InterruptedCommandError(CliError):
    """Ctrl-C; the message says what was kept and what was not."""

    exit_code = 130


class NotFoundError(CliError):
    """A name or id does not exist."""

    def __init__(self, kind: str, wanted: str, known: Iterable[str]) -> None:
        near = get_close_matches(wanted, list(known), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        super().__init__(f'No {kind} "{wanted}".{hint}')


class ApiProblemError(CliError):
    """A problem document of the API (RFC 9457); `code` is its machine-readable name."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class ApiUnreachableError(CliError):
    """The API did not answer: refused, timed out or disconnected."""
