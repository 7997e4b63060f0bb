"""What ends a command: one sentence for the person at the terminal, and the exit code.

CliError                 a sentence, exit 1
├── WrongUse             the command line itself is wrong, exit 2
├── Interrupted          the person went away in the middle of it, exit 130
├── NotThere             a name or id that nothing answers to, with a near miss if there is one
├── ApiProblem           the API refused, in its own words (problem+json)
└── ApiUnreachable       the API did not answer at all
"""

from collections.abc import Iterable
from difflib import get_close_matches


class CliError(Exception):
    """The message is one sentence that says what happened, then how to go on."""

    exit_code = 1


class UsageError(CliError):
    """The arguments cannot mean anything, whatever the state of the system."""

    exit_code = 2


class InterruptedCommandError(CliError):
    """Ctrl-C; the message says what stands and what does not."""

    exit_code = 130


class NotFoundError(CliError):
    """Something was asked for by a name or id that does not exist."""

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
    """The API did not answer: refused, timed out or cut off."""
