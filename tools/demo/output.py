"""The report at the end of the demo."""

from collections import Counter
from collections.abc import Sequence

from cli.ui.console import Output
from cli.ui.field_text import STATUS_LABELS
from cli.ui.tables import invoices_table, totals_line
from shared.formatting import count, duration
from tools.demo.expected import Row, invoices_of, is_found
from tools.demo.scans import UserScan

_ROWS = 8
_EXPECTED_SHARE = 0.9


def print_report(output: Output, scans: Sequence[UserScan], expected_rows: Sequence[Row]) -> bool:
    """Show each user's invoices and compare them with the known content of the samples; returns
    whether all is well."""
    for scan in scans:
        _show_invoices(output, scan)
    states = Counter(scan.task["status"] for scan in scans if scan.task is not None)
    output.line("Scans: " + ", ".join(f"{count(states[status])} {word}" for status, word in STATUS_LABELS.items()))
    verdicts = [_compare(output, scan, invoices_of(expected_rows, scan.user)) for scan in scans]
    return all(verdicts)


def _show_invoices(output: Output, scan: UserScan) -> None:
    if scan.error is not None:
        output.error(f"{scan.user}: {scan.error}")
        return
    output.line(f"{scan.user}: {count(len(scan.invoices), 'invoice')} in {duration(scan.seconds)}")
    for line in invoices_table(scan.invoices[:_ROWS], output.out.width):
        output.line(line)
    if len(scan.invoices) > _ROWS:
        output.line(f"and {count(len(scan.invoices) - _ROWS)} more")
    output.line(totals_line(scan.invoices))
    output.line()


def _compare(output: Output, scan: UserScan, known: Sequence[Row]) -> bool:
    right = sum(is_found(row, scan.invoices, fields=("total",)) for row in known)
    output.line(f"{scan.user}: {right} of {len(known)} invoices of the sample found with the right total")
    is_done = scan.task is not None and scan.task["status"] == "DONE"
    return is_done and right >= _EXPECTED_SHARE * len(known)
