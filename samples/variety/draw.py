"""Generator of documents with their truth; the same seed gives the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Literal

from samples.variety.case import Case, draw_case
from samples.variety.heads import HEADS
from samples.variety.mails import draw_html, draw_text
from samples.variety.pages import draw_pdf, items
from samples.variety.sheet import Sheet

Form = Literal["pdf", "html", "text"]


@dataclass(frozen=True, slots=True)
class Document:
    """A document, what can be read off it, and its sender; `expected` is None where it is no
    invoice."""

    name: str
    form: Form
    data: bytes
    sender: str
    expected: dict[str, str] | None


def documents(form: Form, count: int, *, seed: str) -> Iterator[Document]:
    """Yield so many invoices, receipts and credit notes of one form."""
    for place in range(count):
        random = Random(f"{seed} {form} {place}")
        case = draw_case(random, kind="receipt" if form != "pdf" and random.random() < 0.6 else None)
        if form == "pdf":
            data, shown = draw_pdf(case, random)
        else:
            text, shown = (draw_html if form == "html" else draw_text)(case, random)
            data = text.encode()
        yield Document(f"{form}-{place}", form, data, _sender(case, random), shown)


def others(count: int, *, seed: str) -> Iterator[Document]:
    """Yield so many PDFs with prices, dates and numbers that are no invoices."""
    for place in range(count):
        random = Random(f"{seed} other {place}")
        case = replace(draw_case(random, kind="invoice"), due=None, paid=Decimal(0))
        kind = random.choice(("statement", "offer", "reminder", "delivery_note", "payslip"))
        title = random.choice(getattr(case.phrasebook, kind))
        said = {**case.said, "invoice": title, "number": f"{title} {random.choice(('No.', 'Nr.', '#'))}"}
        sheet = Sheet(replace(case, said=said), random)
        random.choice(HEADS)(sheet)
        items(sheet)
        sheet.paper.text(330, sheet.y, case.said["total"])
        sheet.paper.text(540, sheet.y, case.money(case.total), align="right")
        yield Document(f"{kind}-{place}", "pdf", sheet.paper.finish(), _sender(case, random), None)


def _sender(case: Case, random: Random) -> str:
    """Return the sender, which half of the messages name."""
    return f"{case.seller.name} <billing@{case.seller.domain}>" if random.random() < 0.5 else "documents@example.com"
