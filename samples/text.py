"""Receipts and invoices as plain text mail."""

from samples.model import Invoice
from samples.regions import wording_of

WIDTH = 60


def to_text(invoice: Invoice, opening: str) -> str:
    """Return the whole document as a mail's plain text, amounts in a column on the right."""
    wording = wording_of(invoice)
    labels = wording.labels
    number = labels.receipt_number if invoice.kind == "receipt" else labels.number
    out = [opening, "", wording.title(invoice).upper(), "=" * WIDTH, *invoice.vendor.lines]
    if invoice.vendor.tax_id:
        out.append(f"{labels.tax_id}: {invoice.vendor.tax_id}")
    out += ["", f"{number}: {invoice.number}", f"{labels.date}: {wording.date(invoice.issue_date)}"]
    if invoice.due_date:
        out.append(f"{labels.due}: {wording.date(invoice.due_date)}")
    out += ["", "-" * WIDTH]
    out += [_row(f"{line.quantity} x {line.description}", wording.money(line.amount)) for line in invoice.lines]
    out += ["-" * WIDTH, _row(labels.net, wording.money(invoice.net))]
    out += [_row(wording.tax(share.rate), wording.money(share.tax)) for share in invoice.shares]
    out += [_row(labels.total, wording.money(invoice.total)), "=" * WIDTH, ""]
    if invoice.kind == "receipt":
        out += [f"{labels.paid}.", ""]
    if invoice.iban:
        out += [labels.please_pay, f"IBAN: {invoice.iban}", ""]
    return "\n".join([*out, labels.thanks, ""])


def _row(label: str, amount: str) -> str:
    return f"{label:<{WIDTH - len(amount)}}{amount}" if len(label) + len(amount) < WIDTH else f"{label}  {amount}"
