"""The meaning of labels by their words, in every language and word order."""

import pytest

from services.scanner.extract import prefilter
from services.scanner.extract.fields.label_meaning import (
    AmountKind,
    DateKind,
    amount_kind,
    date_kind,
    number_rank,
    terms_of,
)
from services.scanner.extract.lexicon import LANGUAGES, Hit, Term, languages_of, lexicon_of, words_in
from services.scanner.extract.lexicon.normalise import fold


def hits(label: str, *languages: str) -> list[Hit]:
    return lexicon_of(languages).hits(fold(label))[0]


@pytest.mark.parametrize(
    ("language", "label", "kind"),
    [
        ("en", "Total excl. VAT", AmountKind.NET), ("en", "Total incl. VAT", AmountKind.TOTAL),
        ("en", "Total VAT", AmountKind.TAX), ("en", "Balance due", AmountKind.TOTAL),
        ("en", "Unit price", AmountKind.OTHER),
        ("de", "Rechnungsbetrag", AmountKind.TOTAL), ("de", "zzgl. 19 % MwSt.", AmountKind.TAX),
        ("fr", "Montant TTC", AmountKind.TOTAL), ("fr", "Total HT", AmountKind.NET), ("fr", "dont TVA", AmountKind.TAX),
        ("es", "Base imponible", AmountKind.NET), ("es", "Total (IVA incluido)", AmountKind.TOTAL),
        ("it", "Netto a pagare", AmountKind.TOTAL), ("it", "Imponibile", AmountKind.NET),
        ("nl", "Totaal exclusief BTW", AmountKind.NET), ("pl", "Razem do zapłaty", AmountKind.TOTAL),
        ("pt", "Valor total", AmountKind.TOTAL), ("da", "I alt ekskl. moms", AmountKind.NET),
        ("sv", "Summa att betala", AmountKind.TOTAL), ("nb", "Sum inkl. mva", AmountKind.TOTAL),
        ("fi", "Arvonlisävero", AmountKind.TAX), ("fi", "Maksettava yhteensä", AmountKind.TOTAL),
        ("cs", "Základ daně", AmountKind.NET),
    ],
)  # fmt: skip
def test_a_label_of_an_amount_says_which(language: str, label: str, kind: AmountKind) -> None:
    understood = amount_kind(terms_of(hits(label, language)))
    assert understood is not None
    assert understood[0] is kind


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "Invoice #"), ("en", "InvoiceNo"), ("de", "Rechnungsnummer"), ("de", "Stromrechnung Nr."),
        ("fr", "N° de facture"), ("es", "Número de factura"), ("it", "Fattura n."), ("nl", "Factuurnummer"),
        ("pl", "Faktura VAT nr"), ("pt", "Fatura n.º"), ("da", "Fakturanr."), ("sv", "Fakturanummer"),
        ("nb", "Faktura nr."), ("fi", "Laskun numero"), ("cs", "Číslo faktury"),
    ],
)  # fmt: skip
def test_a_label_of_the_invoices_number_is_distinguished_from_others(language: str, label: str) -> None:
    assert number_rank(hits(label, language)) == 5


def test_the_number_of_an_order_that_an_invoice_refers_to_is_the_orders() -> None:
    assert number_rank(hits("Rechnung gemäß Bestellung Nr.", "de")) == 3
    assert number_rank(hits("Order 17, invoice no.", "en")) == 5


@pytest.mark.parametrize("label", ["Customer number", "VAT no.", "Account no.", "Invoice date", "Total", "Page no."])
def test_labels_of_other_numbers_are_none_of_the_invoice(label: str) -> None:
    assert number_rank(hits(label, "en")) == 0


@pytest.mark.parametrize(
    ("language", "label", "kind"),
    [
        ("en", "Date of issue", DateKind.ISSUED), ("en", "Payment due", DateKind.DUE),
        ("en", "Delivery date", DateKind.OTHER),
        ("de", "Zahlbar bis", DateKind.DUE), ("de", "Leistungsdatum", DateKind.OTHER), ("fr", "Échéance", DateKind.DUE),
        ("sv", "Förfallodatum", DateKind.DUE), ("nl", "Vervaldatum", DateKind.DUE), ("fi", "Eräpäivä", DateKind.DUE),
        ("pl", "Data wystawienia", DateKind.ISSUED), ("pt", "Data de vencimento", DateKind.DUE),
    ],
)  # fmt: skip
def test_a_label_of_a_date_says_which(language: str, label: str, kind: DateKind) -> None:
    understood = date_kind(terms_of(hits(label, language)))
    assert understood is not None
    assert understood[0] is kind


def test_a_documents_language_is_detected_by_its_words() -> None:
    words = words_in(fold("Fakturadatum Förfallodatum Att betala Moms Belopp Kundnummer"))
    assert languages_of(word.group() for word in words)[0] == "sv"
    assert set(languages_of(["qwerty"])) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_words_what_an_invoice_needs(language: str) -> None:
    needed = set(Term) - {Term.FILLER}
    assert needed <= set(LANGUAGES[language])


def phrases(*terms: Term) -> list[str]:
    return [one.strip() for words in LANGUAGES.values() for term in terms for one in words.get(term, "").split(",")]


def test_the_cheap_questions_know_every_languages_words_for_an_invoice_and_a_total() -> None:
    named = [one for one in phrases(Term.INVOICE, Term.RECEIPT, Term.CREDIT) if not prefilter.has_wording(f" {one} ")]
    totals = [
        one for one in phrases(Term.TOTAL, Term.PAYABLE, Term.AMOUNT) if not prefilter.pages_have_total(f" {one} ")
    ]
    assert (named, totals) == ([], [])


def test_a_total_far_from_any_amount_is_talk() -> None:
    assert prefilter.may_be_invoice("Invoice\nTotal    12.00 EUR")
    assert prefilter.may_be_invoice("Invoice\nTotal    EUR 12")
    assert not prefilter.may_be_invoice(
        "Invoice: the total" + " is open, as was said" * 40 + ", and a pen costs 12.00 EUR"
    )
