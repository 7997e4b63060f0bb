"""Accuracy of whole mailboxes through the whole product: invoices found, and those with the right
core fields.

`./run bench corpus_scan FOLDER` reads a corpus folder: `mailbox-*.mbox` and `mailbox_truth.jsonl`.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.record import record
from cli.client.api import Json
from cli.client.stack_connection import StackConnection
from cli.mailboxes.local_source import open_source
from cli.mailboxes.upload import upload_and_scan
from cli.ui.console import open_output
from cli.ui.progress_display import open_display
from cli.ui.progress_lines import ProgressRow
from cli.ui.watch import follow_scan
from tools.stack.control import start_detached
from tools.stack.layout import DEFAULT, Layout
from tools.stack.options import Options
from tools.stack.shutdown import shut_down

_LAYOUT = Layout(DEFAULT.local / "bench-corpus-scan")

Truth = dict[str, Any]


def main(argv: Sequence[str]) -> None:
    """Scan every mailbox of the corpus, one after the other, and compare what was found with the
    truth."""
    parser = argparse.ArgumentParser(prog="./run bench corpus_scan", description=__doc__)
    parser.add_argument("corpus", type=Path, help="folder with mailbox-*.mbox and mailbox_truth.jsonl")
    parser.add_argument("--scanners", type=int, default=2)
    given = parser.parse_args(argv)
    truth = [json.loads(line) for line in (given.corpus / "mailbox_truth.jsonl").read_text().splitlines()]
    shut_down(_LAYOUT, purge=True)
    try:
        url = start_detached(_LAYOUT, Options(scanners=given.scanners, port=0), print)
        tasks, invoices = _scan(StackConnection.of(url, _LAYOUT), sorted(given.corpus.glob("mailbox-*.mbox")))
    finally:
        shut_down(_LAYOUT, purge=True)
    record("corpus_scan", _figures(tasks, invoices, truth), {})


def _scan(door: StackConnection, mailboxes: Sequence[Path]) -> tuple[list[Json], list[Json]]:
    tasks = []
    with door.user("corpus") as api, open_display(open_output()) as display:
        for path in mailboxes:
            mailbox = open_source(str(path))
            row = ProgressRow(mailbox.label, octets=mailbox.octets)
            display.add(row)
            task = upload_and_scan(api, mailbox, row, display)
            tasks.append(follow_scan(api, row, task["task_id"], display))
        return tasks, list(api.invoices())


def _figures(tasks: Sequence[Json], invoices: Sequence[Json], truth: Sequence[Truth]) -> dict[str, float]:
    carried: dict[str, list[Json]] = defaultdict(list)
    for invoice in invoices:
        for message_id in {carrier["message_id"] for carrier in invoice["carriers"]}:
            carried[message_id].append(invoice)
    known, found, right = Counter[str](), Counter[str](), Counter[str]()
    for row in truth:
        if row["label"] == "invoice":
            candidates = carried[row["message_id"]]
            known[row["kind"]] += 1
            found[row["kind"]] += bool(candidates)
            right[row["kind"]] += any(_is_right(row, invoice) for invoice in candidates)
    for kind in sorted(known):
        print(
            f"{kind:10} {known[kind]:4} known {found[kind]:4} found {right[kind]:4} with right total, number and date"
        )
    with_invoice = {row["message_id"] for row in truth if row["label"] == "invoice"}
    false = sum(not with_invoice & {carrier["message_id"] for carrier in one["carriers"]} for one in invoices)
    messages = sum(task["messages_scanned"] for task in tasks)
    seconds = sum(task["result"]["duration_seconds"] for task in tasks)
    return {
        "messages": messages,
        "messages_per_second": messages / seconds,
        "invoices_known": known.total(),
        "invoices_found": found.total(),
        "invoices_right": right.total(),
        "invoices_false": false,
    }


def _is_right(row: Truth, invoice: Json) -> bool:
    expected = row["expected"]
    numbers = {
        " ".join(number.split()).casefold()
        for number in (expected.get("invoice_number"), *row.get("number_alt", ()))
        if number
    }
    number = " ".join((invoice["invoice_number"] or "").split()).casefold()
    return (
        (
            "total" not in expected
            or (invoice["total"] is not None and Decimal(invoice["total"]) == Decimal(expected["total"]))
        )
        and (not numbers or number in numbers)
        and ("issue_date" not in expected or invoice["issue_date"] == expected["issue_date"])
    )
