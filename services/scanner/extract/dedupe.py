"""One invoice, many carriers: the key that is the same for each of them, and merging those of one message."""

import hashlib
import re
import unicodedata
from decimal import Decimal

from services.scanner.extract.model import Carrier, ExtractedInvoice

_TRUST = {"ubl": 0, "cii": 0, "factur-x": 0, "json-ld": 1, "pdf": 2, "html": 3, "text": 4}
_LEGAL_FORM = re.compile(
    r"\b(g?gmbh|mbh|co|kg|kgaa|ag|ug|haftungsbeschrankt|ohg|og|gbr|ek|eu|ev|eg|se|ltd|limited|llc|llp|inc|incorporated|corp|"
    r"corporation|plc|pty|pvt|private limited|sarl|sarlu|eurl|sas|sasu|snc|sa|srl|srls|sprl|spa|sl|slu|slne|lda|ltda|unipessoal|"
    r"bv|bvba|nv|vof|sp ?z ?o ?o|spk|spj|oyj?|tmi|ky|ab|hb|as|asa|ans|aps|i/s|k/s|sro|spol s r ?o|kft|doo)\b"
)


def natural_key(invoice: ExtractedInvoice) -> str:
    """A hex SHA-256, the same for every carrier of an invoice; of the original's bytes when too little is known."""
    seller = _letters(invoice.vendor_tax_id or "") or vendor_name(invoice.vendor or "")
    number = _letters(invoice.invoice_number or "")
    identified = number or invoice.issue_date
    if not seller or invoice.total is None or not identified:
        return hashlib.sha256(f"document\n{invoice.carriers[0].sha256}".encode()).hexdigest()
    known = (seller, number, str(invoice.issue_date or ""), plain_amount(invoice.total), invoice.currency or "")
    return hashlib.sha256("\n".join(("invoice", *known)).encode()).hexdigest()


def merge(invoices: list[ExtractedInvoice]) -> list[ExtractedInvoice]:
    """The distinct invoices of one message; each keeps the values of its most trusted carrier and all carriers."""
    merged: list[ExtractedInvoice] = []
    for invoice in sorted(invoices, key=lambda candidate: _TRUST[candidate.format]):
        for index, kept in enumerate(merged):
            if _same(kept, invoice):
                carriers = _unique((*kept.carriers, *invoice.carriers))
                merged[index] = kept.model_copy(update={"carriers": carriers})
                break
        else:
            merged.append(invoice)
    return merged


def vendor_name(name: str) -> str:
    """A vendor's name for comparison: without case, accents, punctuation and legal form."""
    plain = _without_accents(name).replace(".", "")
    words = re.sub(r"[^\w]+", " ", plain)
    return " ".join(_LEGAL_FORM.sub(" ", words).split()) or " ".join(words.split())


def plain_amount(amount: Decimal) -> str:
    """The amount with two decimals at least, so that 5, 5.0 and 5.00 are written alike."""
    exact = amount.normalize()
    return f"{exact:f}" if exact != exact.quantize(Decimal("0.01")) else f"{exact:.2f}"


def _same(kept: ExtractedInvoice, other: ExtractedInvoice) -> bool:
    if natural_key(kept) == natural_key(other):
        return True
    if kept.total != other.total or kept.total is None:
        return False
    numbers = _letters(kept.invoice_number or ""), _letters(other.invoice_number or "")
    if numbers[0] and numbers[0] == numbers[1]:
        return True
    # Inside one message a reading of lesser trust that agrees on the total is a rendition of the better one, even
    # when the reader took another number (an order, a customer) for the invoice's.
    return _TRUST[kept.format] < _TRUST[other.format] and _dates_agree(kept, other)


def _dates_agree(kept: ExtractedInvoice, other: ExtractedInvoice) -> bool:
    return kept.issue_date is None or other.issue_date is None or kept.issue_date == other.issue_date


def _unique(carriers: tuple[Carrier, ...]) -> tuple[Carrier, ...]:
    return tuple({(carrier.part, carrier.sha256): carrier for carrier in carriers}.values())


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _without_accents(text))


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
