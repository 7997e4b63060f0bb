"""The cheap question asked of every body before anything is parsed: could this be an invoice at all?

Most mail is not, so this has to answer in microseconds: plain substring searches first, one pattern last.
"""

import re

_WORDING = (
    "invoice", "receipt", "billing", "booking", "credit note", "credit memo", "rechnung", "quittung", "bestell",
    "beleg", "gutschrift",
    "kassenbon", "factur", "commande", "reçu", "avoir", "ticket", "pedido", "recibo", "comprobante", "fattura",
    "ricevuta",
    "scontrino", "ordine", "factuur", "nota", "bewijs", "bon", "creditnota", "faktur", "kvitto", "kvittering",
    "kreditnota", "ordre", "räkning", "lasku", "kuitti", "tilau", "tosit", "paragon", "zamówieni", "potwierdzenie",
    "účtenk",
    "doklad", "objednávk", "dobropis", "fatura", "talão", "encomenda", "transaction", "subscription",
)  # fmt: skip
_TOTALS = (
    "total", "summ", "gesamt", "betrag", "bedrag", "totaal", "zapłaty", "razem", "suma", "payer", "montant",
    "importe", "importo",
    "amount", "balance due", "zahlen", "pagar", "betalen", "i alt", "betal", "belopp", "beløb", "beløp", "yhteensä",
    "maksettava", "celkem", "úhrad", "valor", "brutto", "you paid", "charged",
)  # fmt: skip
_AMOUNT = re.compile(r"\d[.,]\d{2}(?!\d)|[$€£]\s?\d|\d\s?(?:€|zł|kr|kč)|\b(?:kr|chf|eur|usd|sek|nok|dkk)\b\.?\s?\d")
_ORDER = re.compile(r"\border(?:ed)?\b")
_SUM = re.compile(r"\bsum\b")
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
