"""Check that the pages of a PDF agree with its embedded data; if not, one of them may be forged.

The plain text of a few pages is enough for that, and much cheaper than their layout.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from services.scanner.extract.consistency_checks import ROUNDING
from services.scanner.extract.fields import iban
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.model import Check

CHECK_NAME = "page_agrees"
_AMOUNT = re.compile(r"\d[.,]\d\d(?!\d)")
_MIN_AMOUNTS = 2
"""Pages with fewer are covers, not invoices."""
_ROUNDING = (Decimal(0), ROUNDING / 2, -ROUNDING / 2, ROUNDING, -ROUNDING)
_GROUPING = re.compile(r"(?<=\d)[.,'\u2019\s](?=\d{3}(?!\d))")


def check_page(draft: InvoiceDraft, pages: Iterable[str]) -> Check | None:
    """Check the pages' text against the data inside the PDF; None if the pages show too little."""
    amounts = 0
    shows_total = draft.total is None
    accounts: set[str] = set()
    for text in pages:
        amounts += len(_AMOUNT.findall(text))
        shows_total = shows_total or _shows(text, draft.total)
        if draft.iban is not None and draft.iban in iban.compact(text):
            accounts.add(draft.iban)  # even if its check digits are wrong, as in samples
        accounts.update(account for line in text.splitlines() if (account := iban.find(line)) is not None)
        if shows_total and (draft.iban is None or draft.iban in accounts):
            break  # most invoices state both on their first page
    missing = [] if shows_total else [f"total {draft.total}"]
    if draft.iban is not None and accounts and draft.iban not in accounts:
        missing.append(f"account {draft.iban}")
    if amounts < _MIN_AMOUNTS:
        return None
    return Check(
        name=CHECK_NAME,
        ok=not missing,
        detail=f"not on the page: {', '.join(missing)}" if missing else "as on the page",
    )


def _shows(text: str, amount: Decimal | None) -> bool:
    """Return whether a text has an amount, with any thousands separator and decimal sign.

    A difference of a cent or two is rounding; nobody forges it.
    """
    if amount is None:
        return True
    plain = _GROUPING.sub("", text)
    likely = "|".join(_written(abs(amount) + cents) for cents in _ROUNDING)
    return re.search(rf"(?<!\d)(?:{likely})(?!\d)", plain) is not None


def _written(amount: Decimal) -> str:
    whole, _, cents = f"{amount:.2f}".partition(".")
    return whole + (rf"[.,]{cents}" if cents != "00" else r"(?:[.,]00?|(?![.,]\d))")
