"""The cheap question asked of every body before anything is parsed: could this be an invoice at all?

Most mail is not, so this has to answer in microseconds: plain substring searches first, one pattern last.
"""

import re

_WORDING = (
    "invoice", "receipt", "billing", "booking", "rechnung", "quittung", "bestell", "beleg", "gutschrift", "factur",
    "commande", "reçu", "pedido", "recibo", "fattura", "ricevuta", "ordine", "factuur", "kassabon", "faktur",
    "paragon", "zamówieni",
)  # fmt: skip
_TOTALS = (
    "total", "summe", "gesamt", "betrag", "totaal", "do zapłaty", "razem", "suma", "à payer", "montant", "importe",
    "importo", "amount due", "amount paid", "balance due", "zu zahlen", "da pagare", "te betalen",
)  # fmt: skip
_AMOUNT = re.compile(r"\d[.,]\d{2}(?!\d)|[$€£]\s?\d|\d\s?(?:€|zł)")
_ORDER = re.compile(r"\border(?:ed)?\b")
_STRUCTURED_TYPE = re.compile(r"\b(?:Invoice|Order)\b")


def may_hold_structured_data(html: str) -> bool:
    """Whether an HTML document mentions the vocabulary and a type of ours."""
    return "schema.org" in html.lower() and _STRUCTURED_TYPE.search(html) is not None


def has_wording(text: str) -> bool:
    """Whether a text speaks of invoices, receipts or orders at all."""
    lowered = text.lower()
    return any(word in lowered for word in _WORDING) or _ORDER.search(lowered) is not None


def may_be_invoice(text: str) -> bool:
    """Whether a body has the wording, a total and an amount somewhere, tags included."""
    lowered = text.lower()
    return any(word in lowered for word in _TOTALS) and has_wording(lowered) and _AMOUNT.search(lowered) is not None
