"""The words that stand beside the values of an invoice, in English, German, French, Spanish, Italian, Dutch, Polish.

All patterns are matched against text folded by `dates.fold`: small letters, no accents. Phrases are listed by language
in this order; each is a small regular expression between word borders.
"""

import re
from enum import StrEnum

MAX_LABEL = 60
"""Characters; what is longer is a sentence that happens to hold the word."""


class AmountKind(StrEnum):
    """What an amount beside a label is."""

    NET = "net"
    TAX = "tax"
    TOTAL = "total"
    OTHER = "other"


def _any(*phrases: str) -> str:
    """An expression for any of the phrases; each argument may hold several, parted by a comma and a blank."""
    return rf"(?<!\w)(?:{'|'.join(phrase for listed in phrases for phrase in listed.split(', '))})(?!\w)"


def _compiled(*phrases: str) -> re.Pattern[str]:
    return re.compile(_any(*phrases))


_TAX_WORD = (
    "(?:vat|tax(?:es)?|gst|hst|pst|mwst|mehrwertsteuer|ust|umsatzsteuer|tva|iva|i\\.v\\.a\\.?|btw|podatek|podatku|moms)"
)
_OTHER = _compiled(
    "discount, shipping, delivery, postage, handling, points, voucher, gift, refund\\w*, saved?, savings?, minimum",
    "previous, unit price, price, quantity, qty, rate, balance forward, change, tip, deposit, interest, insurance",
    "credit limit, budget, income, turnover",
    "rabatt, nachlass, versand\\w*, gutschein\\w*, erstattet, preis, anzahl, satz, anzahlung, umsatz",
    "remise, livraison, descuento, envio, sconto, spedizione, prezzo, korting, verzend\\w*, prijs, stawka",
)
_SUBTOTAL_WORD = "sub\\s?-?s?tota(?:l|al|le)"
_SUBTOTAL = _compiled(_SUBTOTAL_WORD, "zwischensumme, sous[- ]total")
_NET = _compiled(
    _SUBTOTAL_WORD,
    f"net, before {_TAX_WORD}, without {_TAX_WORD}, no tax, taxable\\w*, excl\\w*, ex\\.? {_TAX_WORD}",
    f"zwischensumme, netto(?:betrag|summe|wert)?, exkl\\w*, ohne {_TAX_WORD}, zzgl\\.? {_TAX_WORD}",
    f"sous[- ]total, hors taxes?, ht, h\\.t\\., sans {_TAX_WORD}",
    "base imponible, imponibile, totale merce, nettobedrag, grondslag, wartosc netto",
)
_GROSS = _compiled(
    f"incl\\w*, gross (?:amount|total), with {_TAX_WORD}, after {_TAX_WORD}",
    f"inkl\\w*, brutto(?:betrag|summe)?, mit {_TAX_WORD}",
    "ttc, t\\.t\\.c\\.?, net a payer, iva compresa, netto a pagare",
)
_NET_WORD = re.compile(r"\bexcl|\bnett?o\b(?! a pa)")
_TAX = _compiled(_TAX_WORD, "steuer(?:betrag)?, imposta, kwota vat")
_STRONG_TOTAL = _compiled(
    "grand total, (?:total|amount|balance|sum) (?:due|payable|owing), (?:invoice|order|receipt|bill) total",
    "total (?:amount|invoice|order|charged|paid|to pay|price|charge|for this (?:order|invoice)), to pay",
    "amount (?:paid|charged|billed|to pay|outstanding), due payable, payable amount",
    "gesamt(?:summe|betrag|preis|bestellwert)?, end(?:betrag|summe), rechnungs(?:betrag|summe), zahlbetrag",
    "zu zahlen\\w*, summe der bestellung, brutto(?:betrag|summe)",
    "total (?:a payer|ttc|general), net a payer, montant (?:total|ttc|du|paye)",
    "total (?:a pagar|factura|pedido), importe total",
    "totale (?:fattura|documento|da pagare|ordine|dovuto), importo totale, netto a pagare",
    "totaalbedrag, factuur\\s?(?:totaal|bedrag), (?:totaal )?te betalen, totaal incl",
    "do zaplaty, kwota naleznosci, maksettava",
)
_WEAK_TOTAL = _compiled("tota(?:l|le|len|al), paid, summe, brutto, razem, suma, yhteensa, summa")

TRUE_NET = 3
STRONG = 3
WEAK = 2


def amount_kind(label: str) -> tuple[AmountKind, int] | None:
    """What a folded label says of the amount beside it, and how clearly (from 3 down to 1); None: nothing."""
    if not label or len(label) > MAX_LABEL:
        return None
    if _GROSS.search(label) and not _NET_WORD.search(label):
        is_total = _STRONG_TOTAL.search(label) or _WEAK_TOTAL.search(label)
        return AmountKind.TOTAL, STRONG if is_total else 1
    if _NET.search(label):
        return AmountKind.NET, WEAK if _SUBTOTAL.search(label) else TRUE_NET
    for pattern, kind, clearness in (
        (_STRONG_TOTAL, AmountKind.TOTAL, STRONG),
        (_OTHER, AmountKind.OTHER, 1),
        (_TAX, AmountKind.TAX, WEAK),
        (_WEAK_TOTAL, AmountKind.TOTAL, WEAK),
    ):
        if pattern.search(label):
            return kind, clearness
    return None


_INVOICE_WORD = (
    "(?:invoice|bill|credit note|\\w{0,14}rechnungs?|gutschrifts?|facture|avoir|factura|fattura|factuur|creditnota|"
    "faktur[ay]|laskun)"
)
ISSUE_DATE = _compiled(
    "(?:invoice|bill|receipt|issue|order|purchase|transaction|payment|billing) date, date (?:issued|paid)",
    "date of (?:issue|invoice|purchase), (?:issued|created|invoiced)(?: on)?, order placed",
    "(?:placed|ordered) on, date",
    "(?:rechnungs|ausstellungs|beleg|bestell|kauf)datum, bestellung aufgegeben(?: am)?, bestellt am, datum",
    "date de (?:la )?(?:facture|facturation|commande), date d'(?:emission|achat)",
    "fecha(?: de)?(?: la)?(?: factura| emision| expedicion| compra)?",
    "data (?:fattura|emissione|documento|ordine), (?:factuur|bestel|order|aankoop|betaaloverzicht)\\s?datum",
    "data wystawienia, data, paivamaara",
    f"{_INVOICE_WORD}[^,;]{{0,40}} (?:dated|vom|du|del|van|z dnia)",
)
DUE_DATE = _compiled(
    "(?:payment )?due(?: date| on| by)?, (?:pay(?:able|ment)?|remit) (?:by|until|before|term)",
    "fallig(?:keit(?:sdatum)?| am| bis)?, zahlbar (?:[^.,;]{0,40} )?bis, zahlungsziel, zahlungstermin",
    "(?:date d')?echeance, a payer avant, (?:fecha de )?vencimiento, (?:data )?scadenza",
    "vervaldatum, te betalen voor, termin platnosci, erapaiva",
)
OTHER_DATE = _compiled(
    "delivery, ship(?:ped|ping|ment)?, print\\w*, birth, check, start, end, from, until",
    "liefer\\w*, leistungs\\w*, livraison, entrega, consegna, lever\\w*, sprzedazy",
)
"""Words before a plain "date" that make it another one than the invoice's."""

_MARK = "(?:\\s?(?:no|nr|num(?:ber|ero|mer|er)?|id|n\\.?[°ºo]|№)(?!\\w)\\.?|\\s?#|\\s?n[°º.])"
_NUMBER_OF = "(?:numero|num|nummer|numer|number|n[°ºo]\\.?|nr\\.?|no\\.?)(?: de| della| di| der| van de)?(?: la)?"
_RECEIPT_WORD = "(?:receipt|quittungs?|beleg|transaction|transaktions?|recu|ricevuta|recibo|paragon|document)"
_ORDER_WORD = (
    "(?:order|booking|reservation|confirmation|bestell|bestellung|buchungs?|commande|pedido|ordine|bestelling|"
    "zamowieni[ea])"
)


def _marked(word: str, *phrases: str) -> re.Pattern[str]:
    """The word with a mark for "number" behind it, which may stick to it or end in a sign."""
    return re.compile(rf"(?<!\w){word}(?:\s?\(\d{{3}}\))?[\s-]?:?{_MARK}|{_any(*phrases)}")


_NO_ORDER = "(?:(?!bestell|order|auftrag|commande|pedido|ordine)[^:;,])"
NUMBER_LABELS: tuple[tuple[re.Pattern[str], int], ...] = (
    (
        _marked(
            _INVOICE_WORD, f"{_NUMBER_OF} {_INVOICE_WORD}", f"{_INVOICE_WORD}nummer", "(?:beleg|betaaloverzicht)nummer"
        ),
        5,
    ),
    (_marked(_RECEIPT_WORD, "(?:quittungs|transaktions|(?:kassa)?bon)nummer"), 4),
    (
        _marked(
            _ORDER_WORD,
            "(?:bestell|buchungs|auftrags|order|bestel)nummer, (?:order|booking) (?:id|ref(?:erence)?)",
            "numero (?:de commande|de pedido|ordine|d'ordine)",
        ),
        3,
    ),
    (re.compile(rf"^{_INVOICE_WORD}{_NO_ORDER}{{0,30}} (?:nr|no|number|n[°º])(?!\w)\.?"), 5),
    (re.compile(rf"^(?:tax )?{_INVOICE_WORD}(?=:?\s?#?\s?[a-z]{{0,5}}[-/]?\d[\w/.-]{{2,}}$)"), 4),
    (re.compile(rf"^(?:tax )?{_INVOICE_WORD}(?!\w)"), 2),
    (_compiled("ref(?:erence|erentie|erenz)?"), 1),
)
"""Labels of the number, the best first, with their rank; from `MARKED` on they name a kind of document and a number."""
MARKED = 3
INVOICE_MARKED = 5

NUMBER_ALONE = re.compile(r"^(?:number|nummer|numero|nr\.?|no\.?|n°)\s?:?$")
"""A label that means the invoice's number where the document is one."""

_RECEIPT_TITLE = "receipt, quittung, kassenbon, recu, recibo, ricevuta, ontvangstbewijs, kassabon, kwitancja, paragon"
_CREDIT_TITLE = (
    "credit (?:note|memo), gutschrift, avoir, nota (?:di credito|de credito), creditnota, faktura korygujaca"
)
TITLE = _compiled(_INVOICE_WORD, _RECEIPT_TITLE, _CREDIT_TITLE, "rechnung, faktura, lasku")
CREDIT_NOTE = _compiled(_CREDIT_TITLE)
RECEIPT = _compiled(_RECEIPT_TITLE)
ORDER_TITLE = _compiled(
    "order (?:confirmation|summary|details), (?:your|recent) (?:order|purchase|payment), order\\s?#.*",
    "payment received",
    "booking, bestell(?:ung|bestatigung|ubersicht), auftragsbestatigung",
    "commande, pedido, ordine, bestelling, zamowienie",
)
OTHER_DOCUMENT = _compiled(
    "(?:account |bank |brokerage )?statement, quot(?:e|ation), price list, delivery note, packing (?:list|slip)",
    "purchase order, (?:annual|service|expense) report, pro\\s?-?forma, order response, payslip, dispatch advice",
    "kontoauszug, angebot, kostenvoranschlag, preisliste, lieferschein",
    "devis, presupuesto, preventivo, offerte, oferta",
)
"""What a document may call itself that looks like an invoice and is none."""

NAME = re.compile(r"^(?:name|nazwa|firma|company|nom|nombre|nome|naam)\s?:?\s?")
SELLER = re.compile(
    "^(?:(?:invoice |billed )?from|seller|vendor|supplier|merchant|verkaufer|lieferant|rechnungssteller|vendeur|"
    "fournisseur|emetteur|vendedor|proveedor|emisor|venditore|fornitore|cedente|verkoper|leverancier|sprzedawca|"
    r"wystawca)\b(?:\s?:|$)"
)
BUYER = re.compile(
    "^(?:(?:bill(?:ed)?|sold|ship(?:ped)?|invoiced?|deliver(?:ed)?) to|to|customer|client|buyer|(?:shipping|billing|"
    "delivery) address|kunde|kaufer|(?:rechnungs|leistungs)empfanger|(?:rechnungs|liefer)adresse|rechnung an|facture a|"
    "adresse de (?:facturation|livraison)|acheteur|destinataire|cliente|comprador|facturar a|cessionario|destinatario|"
    r"klant|koper|factuuradres|afleveradres|nabywca|odbiorca|asiakas)\b"
)
