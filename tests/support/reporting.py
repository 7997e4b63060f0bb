"""What the end of a test run says: each failure with its assertion and the logs beside it, and the slowest tests."""

from collections.abc import Iterator

import pytest

from tests.support import logs

_LOG = "log: "
_ASSERTION_LINES = 12


def add_logs(report: pytest.TestReport) -> None:
    """Append the tails of the logs that the test's servers and services wrote to the report of a failure."""
    report.sections += [(f"{_LOG}{name}", text) for name, text in logs.tails().items()]


def failures(reports: list[pytest.TestReport]) -> Iterator[tuple[str, list[str]]]:
    """For each failed report a title and the lines to print: the assertion, then the tail of each log."""
    for report in reports:
        lines = _assertion(report)
        for name, text in report.sections:
            if name.startswith(_LOG):
                lines += [f"  --- {name}", *(f"  {line}" for line in text.splitlines())]
        yield f"{report.nodeid} ({report.when})", lines


def _assertion(report: pytest.TestReport) -> list[str]:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return report.longreprtext.splitlines()[-_ASSERTION_LINES:]
    return [f"{crash.path}:{crash.lineno}", *crash.message.splitlines()[:_ASSERTION_LINES]]
