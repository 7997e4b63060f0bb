"""Cheap filters before anything is parsed: could this be an invoice at all?

Most mail is not, so they have to answer in microseconds: plain substring searches first, one
pattern last.
"""

import re
from collections.abc import Iterator

MIN_IMAGE_BYTES = 15_000
"""No page of text is smaller, however well it is compressed; logos are."""
_DOCUMENT_NAMES = ("scan", "receipt", "beleg")
_WORDING = (
    "invoice", "receipt", "billing", "booking", "credit note", "credit memo", "refund note", "payment confirmation",
    "sales slip", "transaction", "subscription", "rechnung", "quittung", "bestell", "beleg", "gutschrift",
    "kassenbon", "honorar",
    "honoraires", "kostennote", "gebührenbescheid", "zahlungsbestätigung", "rückerstattung", "storno",
    "kreditnot", "auftrag", "buchung", "factur", "commande", "reçu", "avoir", "quittance", "justificati",
    "note de crédit", "ticket", "pedido", "recibo", "comprobante", "justificante", "boleta", "factuur", "bewijs",
    "nota", "bon", "creditnota", "rekening", "betaaloverzicht", "kwitantie", "bestel", "fattur", "ricevuta",
    "scontrino", "ordine", "parcella", "bolletta", "documento commerciale", "quietanza", "accredito", "faktur",
    "faktúr", "kvitto", "kvittens", "kvittering", "kreditnota", "ordre", "regning", "købsbevis", "köpbevis",
    "kassalapp", "bestilling", "räkning", "beställning", "hyresavi", "lasku", "kuitti", "kuitin", "tilau", "tosit",
    "hyvitys", "paragon", "zamówieni", "potwierdzenie", "rachun", "pokwitowanie", "dowód zakupu", "korekta",
    "účtenk", "doklad", "objednávk", "dobropis", "potvrzení", "bloček", "fatura", "talão", "encomenda",
    "comprovante", "comprovativo", "cupom", "nf-e", "minuta", "tique", "liquidation",
)  # fmt: skip
_WORDS = ("order", "bill", "inv", "rg", "re-nr", "conta", "avi")
_WORD = re.compile(r"\b(?:order(?:ed)?|bill|inv|rg|re-nr|conta|avi)\b")
_TOTALS = (
    "total", "summ", "gesamt", "betrag", "bedrag", "totaal", "zapłaty", "razem", "suma", "payer", "montant",
    "importe", "importo", "amount", "balance", "zahlen", "zahlbar", "pagar", "betal", "i alt", "ialt", "belopp",
    "beløb", "beløp", "yhteensä", "maksettava", "celk", "úhrad", "uhrad", "valor", "brutto", "you paid", "charged",
    "totaux", "totais", "somma", "somme", "soma", "payable", "to pay", "please pay", "you pay", "due now",
    "outstanding", "owing", "offen", "überweisen", "forderung", "begleichen", "restzahlung", "solde", "régler",
    "reste dû", "pendiente", "líquido", "ingresar", "saldo", "liquidar", "dívida", "complessivo", "dovuto",
    "saldare", "versare", "voldoen", "openstaand", "verschuldigd", "ontvangen", "schrijven", "ogółem", "łączn",
    "wartość", "sumie", "kwota", "należno", "samlet", "skyldig", "udestående", "utestående", "forfaldent",
    "til gode", "til sammen", "sammanlagt", "avoinna", "součet", "spolu", "zaplac", "zaplat", "sum:",
    "ttc", "lordo", "bruto", "gross",
)  # fmt: skip
_SUM = re.compile(r"\b(?:sum|som|tot|ttl)\b(?! of\b)[^\d\n]{0,30}\d")
_PAGE_TOTALS = (
    *_TOTALS, "value", "charge", "cost", "fee", "kosten", "gebühr", "wert", "částk", "værdi", "verdi", "värde",
    "waarde",
    "importância", "quantia", "monto", "coût", "rahamäärä", "opłata", "sum", "som", "tot", "ttl", "incl", "inkl",
)  # fmt: skip
"""Words that are enough on a page, which may be a form with few words."""
_CODES = ("kr", "chf", "eur", "usd", "sek", "nok", "dkk")
_AMOUNT = re.compile(
    # Each alternative begins with its rarest character, which is fast to search for, and looks back.
    r"[.,](?<=\d[.,])\d\d(?!\d)|[$€£¥₹](?=\s?\d)|[€zk](?:(?<=\d[€zk])|(?<=\d\s[€zk]))(?:(?<=€)|(?<=z)ł|(?<=k)[rč])"
)
_CODED_AMOUNT = re.compile(rf"\b(?:{'|'.join(_CODES)})\b\.?\s?\d")
_BEFORE, _AFTER = 400, 80
"""Characters around an amount in which a word for a total counts: a column's heading may be some
cells before it."""
_VOCABULARY = re.compile(r"\.org(?<=schema\.org)", re.IGNORECASE)
_STRUCTURED_TYPE = re.compile(r"\b(?:Invoice|Order)\b")


def may_hold_structured_data(html: str) -> bool:
    """Return whether an HTML document mentions schema.org and one of the types read here."""
    return _VOCABULARY.search(html) is not None and _STRUCTURED_TYPE.search(html) is not None


def has_wording(text: str) -> bool:
    """Return whether a text mentions invoices, receipts or orders at all."""
    lowered = text.lower()
    return any(word in lowered for word in _WORDING) or (
        any(word in lowered for word in _WORDS) and _WORD.search(lowered) is not None
    )


def is_named_as_document(filename: str) -> bool:
    """Return whether a file's name mentions invoices or scanning."""
    return has_wording(filename) or any(word in filename.lower() for word in _DOCUMENT_NAMES)


def may_be_invoice(text: str) -> bool:
    """Return whether a body has an amount with a word for a total near it, and the wording."""
    lowered = text.lower()
    return _has_total(lowered) and has_wording(lowered)


def has_amount(text: str) -> bool:
    """Return whether a text, or markup, has an amount of money anywhere."""
    lowered = text.lower()
    if _AMOUNT.search(lowered) is not None:
        return True
    return any(code in lowered for code in _CODES) and _CODED_AMOUNT.search(lowered) is not None


def pages_have_total(text: str) -> bool:
    """Return whether the text of pages has one of the words for a total."""
    lowered = text.lower()
    return any(word in lowered for word in _PAGE_TOTALS)


def _has_total(lowered: str) -> bool:
    return any(
        any(word in near for word in _TOTALS) or _SUM.search(near) is not None for near in _around_amounts(lowered)
    )


def _around_amounts(lowered: str) -> Iterator[str]:
    """Yield the text around the amounts; amounts near each other share one piece."""
    patterns = (_AMOUNT, _CODED_AMOUNT) if any(code in lowered for code in _CODES) else (_AMOUNT,)
    for pattern in patterns:
        start = end = 0
        for amount in pattern.finditer(lowered):
            if amount.start() - _BEFORE > end:
                yield lowered[start:end]
                start = amount.start() - _BEFORE
            end = amount.end() + _AFTER
        yield lowered[start:end]
