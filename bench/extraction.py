"""How well and how fast invoices are read: precision and recall by kind and field, false invoices, documents a second.

Reads a corpus folder: `truth.jsonl`, `mailbox_truth.jsonl`, `mailbox-*.mbox` and the documents the first one names.
"""

import argparse
import io
import json
import mailbox
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from time import perf_counter
from typing import Any

import pypdf

from services.scanner.extract.dedupe import vendor_name
from services.scanner.extract.limits import Limits
from services.scanner.extract.model import ExtractedInvoice, MessageReport
from services.scanner.extract.pipeline import examine

ROOT = Path(__file__).parent.parent
FIELDS = (
    "total", "invoice_number", "issue_date", "vendor", "currency", "net", "tax", "due_date", "vendor_tax_id", "iban",
)  # fmt: skip
STRUCTURED = ("ubl", "cii", "factur-x")
Row = dict[str, Any]


class Score:
    """Counts of one kind of document: found ones, and right, wrong and missed values by field."""

    def __init__(self) -> None:
        self.documents = self.found = self.core_right = 0
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.seconds = 0.0
        self.failures: list[str] = []

    def add(self, truth: Row, invoices: tuple[ExtractedInvoice, ...]) -> None:
        """Score the invoices of one document or message, the best of them if there are several."""
        self.documents += 1
        self.found += bool(invoices)
        results = [compare(truth, invoice) for invoice in invoices] or [compare(truth, None)]
        result = max(results, key=lambda one: sum(verdict == "right" for verdict in one.values()))
        for field, verdict in result.items():
            {"right": self.right, "wrong": self.wrong, "missed": self.missed}[verdict][field] += 1
        core = [result[field] for field in ("total", "invoice_number", "issue_date") if field in result]
        self.core_right += all(verdict == "right" for verdict in core)
        bad = {field: verdict for field, verdict in result.items() if verdict != "right"}
        if bad:
            self.failures.append(f"{truth['file']}: {bad}")


def compare(truth: Row, invoice: ExtractedInvoice | None) -> dict[str, str]:
    """The verdict on each field that the truth knows and that can be read off the document."""
    expected = truth["expected"]
    visible = truth.get("visible", list(FIELDS)) if truth["kind"] in ("pdf", "plain") else list(FIELDS)
    verdicts = {}
    for field in FIELDS:
        if field not in expected or field not in visible:
            continue
        value = getattr(invoice, field) if invoice is not None else None
        accepted = [expected[field], *truth.get({"invoice_number": "number_alt"}.get(field, f"{field}_alt"), [])]
        right = value is not None and normal(field, value) in {normal(field, one) for one in accepted}
        verdicts[field] = "right" if right else "missed" if value is None else "wrong"
    return verdicts


def normal(field: str, value: object) -> str:
    """A value as it is compared: amounts by value, names without legal form, numbers without blanks."""
    text = str(value)
    if field in ("total", "net", "tax"):
        return str(Decimal(text).quantize(Decimal("0.01")))
    if field == "vendor":
        return vendor_name(text)
    if field in ("vendor_tax_id", "iban"):
        return re.sub(r"[\W_]", "", text).upper()
    return " ".join(text.split()).casefold()


def wrapped(truth: Row, data: bytes) -> bytes:
    """A document as a message of its own, from a sender that tells nothing."""
    message = EmailMessage()
    message["From"], message["Subject"] = "documents@example.com", "document"
    message["Date"] = datetime(2026, 1, 1, tzinfo=UTC)
    if truth["file"].endswith(".html"):
        message.set_content(data, maintype="text", subtype="html", cte="base64")
    else:
        message.set_content("Attached.")
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename="document")
    return message.as_bytes()


def without_embedded_files(data: bytes) -> bytes:
    """The same PDF without its XML, to try the plain reader on a page whose truth is known."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for key in ("/Names", "/AF"):
        writer.root_object.pop(pypdf.generic.NameObject(key), None)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def singles(corpus: Path) -> Iterator[tuple[Row, bytes]]:
    """Every document with its truth; those marked so once more without their XML."""
    for line in (corpus / "truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        data = (corpus / truth["file"]).read_bytes()
        yield truth, data if truth["file"].endswith(".eml") else wrapped(truth, data)
        if truth.get("also_plain"):
            yield {**truth, "kind": "plain"}, wrapped(truth, without_embedded_files(data))


def messages(corpus: Path) -> Iterator[tuple[Row, bytes]]:
    """Every message of the mailboxes with its truth."""
    truths: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for line in (corpus / "mailbox_truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        truths[truth["mbox"], truth["message_id"]].append(truth)
    for path in sorted(corpus.glob("mailbox-*.mbox")):
        box = mailbox.mbox(path, create=False)
        for key in box.iterkeys():
            raw = box.get_bytes(key)
            match = re.search(rb"^message-id:\s*(\S+)", raw, re.IGNORECASE | re.MULTILINE)
            known = truths.get((path.name, match[1].decode("latin-1") if match else ""), [])
            truth = known.pop(0) if known else {"label": "none", "file": "unlisted"}
            yield {**truth, "kind": truth.get("kind") or "negative"}, raw
        box.close()


def measure(items: Iterator[tuple[Row, bytes]]) -> tuple[dict[str, Score], list[str], Counter[str]]:
    """Scores by kind, the false invoices, and how many messages had which reason."""
    scores: dict[str, Score] = defaultdict(Score)
    false: list[str] = []
    reasons: Counter[str] = Counter()
    limits = Limits()
    for truth, raw in items:
        started = perf_counter()
        report: MessageReport = examine(raw, limits)[0]
        score = scores[truth["kind"]]
        score.seconds += perf_counter() - started
        reasons[f"{truth['kind']}: {report.reason}"] += 1
        if truth["kind"] == "negative":
            score.documents += 1
            if report.invoices:
                score.found += 1
                false.append(f"{truth['file']}: {report.invoices[0].format} total {report.invoices[0].total}")
        else:
            score.add(truth, report.invoices)
    return scores, false, reasons


def table(title: str, scores: dict[str, Score]) -> None:
    """Print precision/recall for each field, and the speed."""
    print(
        f"\n{title}\n{'kind':10}{'docs':>6}{'found':>7}{'core':>6}",
        *(f"{field[:9]:>10}" for field in FIELDS),
        "    docs/s",
    )
    for kind, score in scores.items():
        cells = []
        for field in FIELDS:
            right, given = score.right[field], score.right[field] + score.wrong[field]
            wanted = given + score.missed[field]
            cells.append(f"{right / given if given else 0:.0%}/{right / wanted:.0%}" if wanted else "-")
        speed = score.documents / score.seconds
        print(
            f"{kind:10}{score.documents:6}{score.found:7}{score.core_right:6}",
            *(f"{cell:>10}" for cell in cells),
            f"{speed:10.0f}",
        )


def main(argv: list[str] | None = None) -> int:
    """Measure a corpus, print the tables, append the figures to `.local/bench.jsonl`."""
    parser = argparse.ArgumentParser(prog="extraction", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, default=ROOT.parent / "shared" / "corpus")
    parser.add_argument("--failures", action="store_true", help="list every document with a wrong or missing value")
    arguments = parser.parse_args(argv)
    if not (arguments.corpus / "truth.jsonl").is_file():
        print(f"no corpus in {arguments.corpus}: give the folder that holds truth.jsonl", file=sys.stderr)
        return 1
    figures: dict[str, float] = {}
    for name, items in (("documents", singles(arguments.corpus)), ("mailbox", messages(arguments.corpus))):
        scores, false, reasons = measure(items)
        table(f"{name}: precision/recall", scores)
        if arguments.failures:
            print(*(failure for score in scores.values() for failure in score.failures), sep="\n")
            print(*sorted(reasons.items()), sep="\n")
        print(f"false invoices: {len(false)} of {scores['negative'].documents}", *false, sep="\n  ")
        figures |= summary(name, scores)
    print(*(f"{key}: {value}" for key, value in figures.items()), sep="\n")
    record(figures)
    return 0


def summary(name: str, scores: dict[str, Score]) -> dict[str, float]:
    """The figures that are kept."""
    structured = [scores[kind] for kind in STRUCTURED if kind in scores]
    total = sum(score.documents for score in structured)
    negative = scores["negative"]
    every = list(scores.values())
    return {
        f"{name}_structured_right": round(sum(score.core_right for score in structured) / max(total, 1), 4),
        f"{name}_false_share": round(negative.found / max(negative.documents, 1), 4),
        f"{name}_per_second": round(sum(one.documents for one in every) / sum(one.seconds for one in every), 1),
    }


def record(figures: dict[str, float]) -> None:
    """Append the figures as one JSON line."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    line = {
        "bench": "extraction",
        "at": datetime.now(UTC).isoformat(),
        "commit": head.stdout.strip() if head.returncode == 0 else "",
        "figures": figures,
        "ratios": {},
    }
    target = ROOT / ".local" / "bench.jsonl"
    target.parent.mkdir(exist_ok=True)
    with target.open("a") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main())
