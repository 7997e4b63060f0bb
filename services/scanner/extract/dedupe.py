"""Identity of invoices: keys that all carriers of an invoice share, and the merge in one
message."""

import hashlib
import re
import unicodedata
from decimal import Decimal
from typing import Any

from services.scanner.extract.consistency_checks import FAILED_CHECK_FACTOR
from services.scanner.extract.formats import TRUST
from services.scanner.extract.model import Carrier, Check, ExtractedInvoice

_LEGAL_FORM = re.compile(
    r"\b(g?gmbh|mbh|co|kg|kgaa|ag|ug|haftungsbeschrankt|ohg|og|gbr|ek|eu|ev|eg|se|ltd|limited|llc|llp|inc|incorporated|"
    r"corp|corporation|plc|pty|pvt|private limited|sarl|sarlu|eurl|sas|sasu|snc|sa|srl|srls|sprl|spa|sl|slu|slne|lda|"
    r"ltda|unipessoal|bv|bvba|nv|vof|sp ?z ?o ?o|spk|spj|oyj?|tmi|ky|ab|hb|as|asa|ans|aps|i/s|k/s|sro|spol s r ?o|kft|"
    r"doo)\b"
)


_DISTINCTIVE_LENGTH, _DISTINCTIVE_DIGITS = 5, 4


def natural_key(invoice: ExtractedInvoice) -> str:
    """Return the key that all carriers of an invoice share, as a hex SHA-256.

    A distinctive number and the total are enough, as one carrier may show the seller's tax number,
    the date or the currency and another may not. `full_key` separates different invoices that agree
    in both. Without enough values the key is that of the original's bytes.
    """
    number = _alphanumerics(invoice.invoice_number or "")
    if invoice.total is not None and is_distinctive(number):
        return _hash("number", number, plain_amount(invoice.total))
    return full_key(invoice)


def full_key(invoice: ExtractedInvoice) -> str:
    """Return a key of all identifying values: seller, number, date, total and currency."""
    seller = _alphanumerics(invoice.vendor_tax_id or "") or normalise_vendor(invoice.vendor or "")
    number = _alphanumerics(invoice.invoice_number or "")
    identified = number or invoice.issue_date
    if not seller or invoice.total is None or not identified:
        return _hash("document", invoice.carriers[0].sha256)
    date, total = str(invoice.issue_date or ""), plain_amount(invoice.total)
    return _hash("invoice", seller, number, date, total, invoice.currency or "")


def near_duplicate_keys(invoice: ExtractedInvoice) -> list[str]:
    """Return the keys that near duplicates share.

    Two invoices share one if they have the same seller and number with other values, or the same
    seller, total and date under another number. A person should compare such invoices.
    """
    number, total = _alphanumerics(invoice.invoice_number or ""), invoice.total
    keys = []
    for seller in {_alphanumerics(invoice.vendor_tax_id or ""), normalise_vendor(invoice.vendor or "")} - {""}:
        if number:
            keys.append(_hash("alike number", seller, number))
        if total is not None and invoice.issue_date is not None:
            keys.append(_hash("alike total", seller, plain_amount(total), str(invoice.issue_date)))
    return sorted(keys)


def is_distinctive(number: str) -> bool:
    """Return whether two sellers are unlikely to use the same number with the same total."""
    return len(number) >= _DISTINCTIVE_LENGTH and sum(map(str.isdigit, number)) >= _DISTINCTIVE_DIGITS


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def merge(invoices: list[ExtractedInvoice]) -> list[ExtractedInvoice]:
    """Merge the readings of one message into its distinct invoices.

    Each one keeps the values of its most trusted carrier, and all carriers.
    """
    merged: list[ExtractedInvoice] = []
    for invoice in sorted(invoices, key=lambda candidate: TRUST[candidate.format]):
        for index, kept in enumerate(merged):
            if _is_same_invoice(kept, invoice):
                merged[index] = _merge_pair(kept, invoice)
                break
        else:
            merged.append(invoice)
    return merged


def normalise_vendor(name: str) -> str:
    """Return a vendor's name without case, accents, punctuation and legal form, for comparison."""
    plain = _without_accents(name).replace(".", "")
    words = re.sub(r"[^\w]+", " ", plain)
    return " ".join(_LEGAL_FORM.sub(" ", words).split()) or " ".join(words.split())


def names_overlap(name: str, other: str) -> bool:
    """Return whether two vendors' names have a word in common."""
    return bool(set(normalise_vendor(name).split()) & set(normalise_vendor(other).split()))


def national_tax_number(text: str) -> str:
    """Return a tax number without the country's prefix, which national ones lack."""
    return re.sub(r"^[a-z]{2}(?=\d)", "", _alphanumerics(text))


def plain_amount(amount: Decimal) -> str:
    """Format an amount with at least two decimals, so that 5, 5.0 and 5.00 are equal."""
    exact = amount.normalize()
    return f"{exact:f}" if exact != exact.quantize(Decimal("0.01")) else f"{exact:.2f}"


def _merge_pair(kept: ExtractedInvoice, other: ExtractedInvoice) -> ExtractedInvoice:
    """Return the more trusted reading with both carriers; it is to check if their totals differ."""
    changes: dict[str, Any] = {"carriers": _unique((*kept.carriers, *other.carriers))}
    if kept.total is not None and other.total is not None and kept.total != other.total:
        detail = f"{kept.format} says {kept.total}, {other.format} says {other.total}"
        changes["checks"] = (*kept.checks, Check(name="carriers_agree", ok=False, detail=detail))
        changes["confidence"] = round(kept.confidence * FAILED_CHECK_FACTOR, 3)
        changes["needs_check"] = True
    return kept.model_copy(update=changes)


def _is_same_invoice(kept: ExtractedInvoice, other: ExtractedInvoice) -> bool:
    if natural_key(kept) == natural_key(other):
        return True
    numbers = _alphanumerics(kept.invoice_number or ""), _alphanumerics(other.invoice_number or "")
    same_number = bool(numbers[0]) and numbers[0] == numbers[1]
    if same_number and TRUST[kept.format] < TRUST[other.format] and is_distinctive(numbers[0]):
        return True  # the page states another total than the data: suspicious, but the same invoice
    if kept.total != other.total or kept.total is None:
        return False
    if same_number:
        return True
    # In one message a less trusted reading with the same total is a rendition of the better one, even
    # if another number (of an order or a customer) was taken for the invoice's.
    return TRUST[kept.format] < TRUST[other.format] and _dates_agree(kept, other)


def _dates_agree(kept: ExtractedInvoice, other: ExtractedInvoice) -> bool:
    return kept.issue_date is None or other.issue_date is None or kept.issue_date == other.issue_date


def _unique(carriers: tuple[Carrier, ...]) -> tuple[Carrier, ...]:
    return tuple({(carrier.part, carrier.sha256): carrier for carrier in carriers}.values())


def _alphanumerics(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _without_accents(text))


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
