"""Scores of readings against the truth: precision and recall by field, and calibration of the
confidence."""

import re
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from services.scanner.extract.dedupe import normalise_vendor
from services.scanner.extract.model import ExtractedInvoice

FIELDS = (
    "total", "invoice_number", "issue_date", "vendor", "currency", "net", "tax", "due_date", "vendor_tax_id", "iban",
)  # fmt: skip
SURE = 0.9
"""Confidence from which a value is meant to be right."""
Row = dict[str, Any]


class Score:
    """Counts of one kind of document: found ones, and right, wrong and missed values by field."""

    def __init__(self) -> None:
        self.documents = self.found = self.core_right = 0
        self.sure = self.sure_right = 0
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.seconds = 0.0
        self.failures: list[str] = []

    def add(self, truth: Row, invoices: tuple[ExtractedInvoice, ...]) -> None:
        """Score the invoices of one document or message, the best of them if there are several."""
        self.documents += 1
        self.found += bool(invoices)
        read: tuple[ExtractedInvoice | None, ...] = invoices or (None,)
        compared = [(compare(truth, invoice), invoice) for invoice in read]
        result, invoice = max(compared, key=lambda entry: sum(verdict == "right" for verdict in entry[0].values()))
        for field, verdict in result.items():
            {"right": self.right, "wrong": self.wrong, "missed": self.missed}[verdict][field] += 1
            if invoice is not None and field in invoice.evidence and invoice.evidence[field].confidence >= SURE:
                self.sure += 1
                self.sure_right += verdict == "right"
        core = [result[field] for field in ("total", "invoice_number", "issue_date") if field in result]
        self.core_right += all(verdict == "right" for verdict in core)
        bad = {
            field: f"{verdict} {getattr(invoice, field, None)}"
            for field, verdict in result.items()
            if verdict != "right"
        }
        if bad:
            self.failures.append(f"{truth['file']}: {bad}")

    def wanted(self, field: str) -> int:
        """Return how many documents show a field."""
        return self.right[field] + self.wrong[field] + self.missed[field]


def compare(truth: Row, invoice: ExtractedInvoice | None) -> dict[str, str]:
    """Return the verdict on each field that the truth has and the document shows."""
    expected = truth["expected"]
    visible = truth.get("visible", list(FIELDS)) if truth["kind"] in ("pdf", "plain") else list(FIELDS)
    verdicts = {}
    for field in FIELDS:
        if field not in expected or field not in visible:
            continue
        value = getattr(invoice, field) if invoice is not None else None
        accepted = [expected[field], *truth.get({"invoice_number": "number_alt"}.get(field, f"{field}_alt"), [])]
        right = value is not None and normal(field, value) in {normal(field, entry) for entry in accepted}
        verdicts[field] = "right" if right else "missed" if value is None else "wrong"
    return verdicts


def normal(field: str, value: object) -> str:
    """Return a value in the form that is compared: amounts by value, names without legal form,
    numbers without blanks."""
    text = str(value)
    if field in ("total", "net", "tax"):
        return str(Decimal(text).quantize(Decimal("0.01")))
    if field == "vendor":
        return normalise_vendor(text)
    if field in ("vendor_tax_id", "iban"):
        return re.sub(r"[\W_]", "", text).upper()
    return " ".join(text.split()).casefold()


def table(title: str, scores: "defaultdict[str, Score]") -> None:
    """Print precision/recall for each field, and the speed."""
    print(
        f"\n{title}\n{'kind':10}{'docs':>6}{'found':>7}{'core':>6}",
        *(f"{field[:9]:>10}" for field in FIELDS),
        f"{'sure':>10}    docs/s",
    )
    for kind, score in scores.items():
        cells = []
        for field in FIELDS:
            right, given = score.right[field], score.right[field] + score.wrong[field]
            wanted = given + score.missed[field]
            cells.append(f"{right / given if given else 0:.0%}/{right / wanted:.0%}" if wanted else "-")
        cells.append(f"{score.sure_right / score.sure:.1%}" if score.sure else "-")
        speed = score.documents / score.seconds
        print(
            f"{kind:10}{score.documents:6}{score.found:7}{score.core_right:6}",
            *(f"{cell:>10}" for cell in cells),
            f"{speed:10.3g}",
        )
