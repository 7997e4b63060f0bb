"""The words that stand beside the values of an invoice, in English, German, French, Spanish, Italian, Dutch, Polish.

All patterns are matched against text folded by `dates.fold`: small letters, no accents.
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


_TAX_WORD = r"(?:vat|tax(?:es)?|gst|hst|pst|mwst|mehrwertsteuer|ust|umsatzsteuer|tva|iva|i\.v\.a\.?|btw|podatek|podatku|moms)"
_OTHER = re.compile(
    r"\b(?:discount|rabatt|nachlass|remise|sconto|descuento|korting|shipping|versand\w*|delivery|livraison|postage|handling|"
    r"envio|spedizione|verzend\w*|points|gutschein\w*|voucher|gift|refund\w*|erstattet|saved?|savings?|minimum|previous|"
    r"unit price|prezzo|prijs|preis|price|quantity|qty|anzahl|rate|stawka|satz|balance forward|change|tip|deposit|anzahlung|"
    r"interest|insurance|credit limit|budget|income|turnover|umsatz)\b"
)
_NET = re.compile(
    rf"\bsub\s?-?(?:s?total|totaal|totale)\b|\bsous[- ]total\b|\bzwischensumme\b|\bnett?o(?:betrag|summe|bedrag|wert)?\b|\bnet\b|"
    rf"\bbefore {_TAX_WORD}|\bexcl|\bexkl|\bex\.? (?:vat|btw|tax|mwst|gst)|\b(?:ohne|without|zzgl\.?|sans) {_TAX_WORD}|"
    r"\bhors taxes?\b|\bht\b|\bh\.t\.|\bbase imponible\b|\bimponibile\b|\btaxable\b|\bno tax\b|\bgrondslag\b|"
    r"\bwartosc netto\b|\btotale merce\b"
)
_SUBTOTAL = re.compile(r"\bsub\s?-?(?:s?total|totaal|totale)\b|\bsous[- ]total\b|\bzwischensumme\b")
_GROSS = re.compile(
    rf"\bincl|\binkl|\bttc\b|\bt\.t\.c|\bbrutto|\bgross (?:amount|total)|\b(?:mit|with|including|after) {_TAX_WORD}|"
    r"\biva (?:inclu\w+|compresa)\b|\bnet a payer\b|\bnetto a pagare\b"
)
_TAX = re.compile(rf"\b{_TAX_WORD}\b|\bsteuer(?:betrag)?\b|\bimposta\b|\bkwota vat\b")
_STRONG_TOTAL = re.compile(
    r"\bgrand total\b|\b(?:total|amount|balance|sum) (?:due|payable|owing)\b|\b(?:invoice|order|receipt|bill) total\b|"
    r"\btotal (?:amount|invoice|order|charged|paid|to pay|price|charge|a payer|ttc|general|a pagar|factura|pedido|for this (?:order|invoice))\b|"
    r"\bamount (?:paid|charged|billed|to pay)\b|\bto pay\b|\bgesamt(?:summe|betrag|preis|bestellwert)?\b|\bend(?:betrag|summe)\b|"
    r"\brechnungs(?:betrag|summe)\b|\bzahlbetrag\b|\bzu zahlen\w*|\bsumme der bestellung\b|\bbruttobetrag\b|\bnet a payer\b|"
    r"\bmontant (?:total|ttc|du|paye)\b|\bimporte total\b|\btotale (?:fattura|documento|da pagare|ordine|dovuto)\b|"
    r"\bimporto totale\b|\bnetto a pagare\b|\btotaalbedrag\b|\bfactuur\s?(?:totaal|bedrag)\b|\bte betalen\b|\bdo zaplaty\b|"
    r"\bkwota naleznosci\b|\bmaksettava\b|\btotaal incl\b"
)
_WEAK_TOTAL = re.compile(r"\btotal(?:e|en|i)?\b|\bsumme\b|\btotaal\b|\brazem\b|\bsuma\b|\byhteensa\b|\bsumma\b|\bpaid\b|\bbrutto\b")
_TRUE_NET = 3
STRONG = 3
WEAK = 2


def amount_kind(label: str) -> tuple[AmountKind, int] | None:
    """What a folded label says of the amount beside it, and how clearly (3 clearly, 2 less, 1 hardly); None: nothing."""
    if not label or len(label) > MAX_LABEL:
        return None
    if _GROSS.search(label) and not re.search(r"\bexcl|\bnett?o\b(?! a pa)", label):
        return AmountKind.TOTAL, STRONG if _STRONG_TOTAL.search(label) or _WEAK_TOTAL.search(label) else 1
    if _NET.search(label):
        return AmountKind.NET, WEAK if _SUBTOTAL.search(label) else _TRUE_NET
    if _STRONG_TOTAL.search(label):
        return AmountKind.TOTAL, STRONG
    if _OTHER.search(label):
        return AmountKind.OTHER, 1
    if _TAX.search(label):
        return AmountKind.TAX, WEAK
    if _WEAK_TOTAL.search(label):
        return AmountKind.TOTAL, WEAK
    return None


ISSUE_DATE = re.compile(
    r"\b(?:invoice|bill|receipt|issue|order|purchase|transaction|payment|billing) date\b|\bdate (?:of (?:issue|invoice|purchase)|issued|paid)\b|"
    r"\b(?:issued|created|invoiced)(?: on)?\b|\b(?:order placed|placed on|ordered on)\b|\b(?:rechnungs|ausstellungs|beleg|bestell|kauf)datum\b|"
    r"\bbestellung aufgegeben(?: am)?\b|\bbestellt am\b|\bdatum\b|\bdate de (?:la )?(?:facture|facturation|commande)\b|\bdate d'(?:emission|achat)\b|"
    r"\bfecha(?: de)?(?: la)?(?: factura| emision| expedicion| compra)?\b|\bdata (?:fattura|emissione|documento|ordine|wystawienia)\b|\bdata\b|"
    r"\b(?:factuur|bestel|order|aankoop)\s?datum\b|\bpaivamaara\b|\bdate\b"
)
DUE_DATE = re.compile(
    r"\b(?:payment )?due(?: date| on| by)?\b|\bpay(?:able|ment)? (?:by|until|before)\b|\bfallig(?:keit(?:sdatum)?| am| bis)?\b|\bzahlbar bis\b|"
    r"\bzahlungsziel\b|\bzahlungstermin\b|\b(?:date d')?echeance\b|\ba payer avant\b|\b(?:fecha de )?vencimiento\b|\b(?:data )?scadenza\b|"
    r"\bvervaldatum\b|\bte betalen voor\b|\btermin platnosci\b|\berapaiva\b"
)
_OTHER_DATE = r"\b(?:delivery|ship(?:ped|ping|ment)?|liefer\w*|leistungs\w*|livraison|entrega|consegna|lever\w*|sprzedazy|print\w*|birth|check|start|end|from|until)\b"
OTHER_DATE = re.compile(_OTHER_DATE)

_MARK = r"(?:\s?(?:no|nr|num(?:ber|ero|mer|er)?|id|n[°ºo]|№)\b\.?|\s?#|\s?n[°º])"
_INVOICE = r"(?:invoice|bill|rechnungs?|facture|factuur|factura|fattura|faktur[ay]|laskun|credit note|gutschrifts?|avoir|creditnota)"
_INVOICE_MARKED = re.compile(
    rf"\b{_INVOICE}[\s-]?(?:{_MARK})|\b(?:numero|num|nummer|numer|number|n[°ºo]\.?|nr\.?|no\.?)(?: de| della| di| der| van de)?(?: la)? (?:{_INVOICE})\b|"
    rf"\b{_INVOICE}\s?:?\s?(?:no|nr)\b\.?|\b{_INVOICE}nummer\b|\b(?:beleg|betaaloverzicht)nummer\b"
)
_RECEIPT_MARKED = re.compile(
    rf"\b(?:receipt|quittungs?|beleg|transaction|transaktions?|recu|ricevuta|recibo|paragon|document){_MARK}|\b(?:quittungs|transaktions)nummer\b"
)
_ORDER_MARKED = re.compile(
    rf"\b(?:order|bestell|bestellung|commande|pedido|ordine|bestelling|zamowieni[ea]|booking|buchungs?|reservation|confirmation){_MARK}|"
    r"\b(?:bestell|buchungs|auftrags|order|bestel)nummer\b|\b(?:bestellung|order|commande|pedido)(?=\s{0,2}#)|\b(?:order|booking) (?:id|ref(?:erence)?)\b|"
    r"\bnumero (?:de commande|de pedido|ordine|d'ordine)\b"
)
_REFERENCE = re.compile(r"\bref(?:erence|erentie|erenz)?\b\.?")
_NUMBER_ALONE = re.compile(r"^(?:number|nummer|numero|nr\.?|no\.?|n°)$")
_INVOICE_ALONE = re.compile(rf"^(?:tax )?{_INVOICE}\b")

NUMBER_LABELS: tuple[tuple[re.Pattern[str], int], ...] = (
    (_INVOICE_MARKED, 5),
    (_RECEIPT_MARKED, 4),
    (_ORDER_MARKED, 3),
    (_NUMBER_ALONE, 2),
    (_INVOICE_ALONE, 2),
    (_REFERENCE, 1),
)
"""Labels of the number, the best first, with their rank; from `MARKED` on they name a kind of document and a number."""
MARKED = 3

TITLE = re.compile(
    rf"\b(?:{_INVOICE}|receipt|quittung|kassenbon|recu|ricevuta|recibo|kwitancja|paragon|lasku|rechnung|faktura|gutschrift)\b"
)
ORDER_TITLE = re.compile(
    r"\border (?:confirmation|summary|details)\b|\b(?:your|recent) (?:order|purchase|payment)\b|\border\s?#|\bbestell(?:ung|bestatigung|ubersicht)\b|"
    r"\bauftragsbestatigung\b|\bcommande\b|\bpedido\b|\bordine\b|\bbestelling\b|\bzamowienie\b|\bpayment received\b|\bbooking\b"
)
CREDIT_NOTE = re.compile(r"\bcredit (?:note|memo)\b|\bgutschrift\b|\bavoir\b|\bnota (?:di credito|de credito)\b|\bcreditnota\b|\bfaktura korygujaca\b")
RECEIPT = re.compile(r"\breceipt\b|\bquittung\b|\brecu\b|\bricevuta\b|\brecibo\b|\bkwitancja\b|\bparagon\b|\bkassenbon\b|\bontvangstbewijs\b")
OTHER_DOCUMENT = re.compile(
    r"\b(?:account |bank |brokerage )?statement\b|\bkontoauszug\b|\bquot(?:e|ation)\b|\bangebot\b|\bkostenvoranschlag\b|\bdevis\b|\bpresupuesto\b|"
    r"\bpreventivo\b|\bofferte\b|\boferta\b|\bprice list\b|\bpreisliste\b|\bdelivery note\b|\blieferschein\b|\bpacking (?:list|slip)\b|"
    r"\bpurchase order\b|\b(?:annual|service|expense) report\b|\bpro\s?-?forma\b|\border response\b|\bpayslip\b|\bdispatch advice\b"
)
SELLER = re.compile(
    r"^(?:(?:invoice |billed )?from|seller|vendor|supplier|merchant|verkaufer|lieferant|rechnungssteller|vendeur|fournisseur|emetteur|vendedor|"
    r"proveedor|emisor|venditore|fornitore|cedente|verkoper|leverancier|sprzedawca|wystawca)\b(?:\s?:|$)"
)
BUYER = re.compile(
    r"^(?:(?:bill(?:ed)?|sold|ship(?:ped)?|invoice|deliver)(?:ed)? to|to|customer|client|buyer|kunde|kaufer|rechnungsempfanger|leistungsempfanger|rechnungsadresse|"
    r"lieferadresse|rechnung an|facture a|adresse de (?:facturation|livraison)|acheteur|destinataire|cliente|comprador|facturar a|cessionario|"
    r"destinatario|klant|koper|factuuradres|afleveradres|nabywca|odbiorca|shipping address|billing address|delivery address|asiakas)\b"
)
