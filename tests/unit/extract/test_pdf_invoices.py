"""PDFs: the XML inside them first, else the text of the page."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from shared.ledger_reasons import ReasonCode
from tests.support.documents import CII, PAGE, encrypted_pdf, mail, only_invoice, pdf, pdf_with, report_of


@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice", "anything.bin"])
def test_embedded_xml_is_found_under_any_name(name: str) -> None:
    invoice = only_invoice(mail(("a.pdf", pdf_with(name, CII.encode()))))
    assert (invoice.format, invoice.invoice_number) == ("factur-x", "F-2026-9")
    assert [carrier.part for carrier in invoice.carriers] == ["2", f"2/{name}"]
    assert [carrier.content_type for carrier in invoice.carriers] == ["application/pdf", "application/xml"]


def test_a_plain_page_is_read_with_its_places() -> None:
    invoice = only_invoice(mail(("a.pdf", pdf())))
    assert (invoice.format, invoice.vendor, invoice.invoice_number) == ("pdf", "Harbour Tools Ltd", "HT-2210")
    assert (invoice.issue_date, invoice.due_date) == (date(2026, 3, 3), date(2026, 4, 2))
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("250.00"), Decimal("50.00"), Decimal("300.00"))
    assert invoice.currency == "GBP"
    assert invoice.evidence["total"].locator.startswith("page 1 box 280.")
    assert invoice.evidence["total"].text == "£300.00"


GERMAN = (
    ("Nordlicht Werkzeuge GmbH",), ("Rechnung",), ("Rechnungsnummer", "2026/118"), ("Rechnungsdatum", "03.04.2026"),
    ("Zahlbar bis", "01.05.2026"), ("Zwischensumme", "1.000,00 EUR"), ("zzgl. 19% MwSt", "190,00 EUR"),
    ("Gesamtbetrag", "1.190,00 EUR"), ("USt-IdNr. DE136695976",), ("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFF",),
)  # fmt: skip
FRENCH = (
    ("Moulin Clair SARL",), ("FACTURE",), ("Facture n° FA-0042",), ("Date de facture : 4 mars 2026",),
    ("Total HT", "1 250,50 €"), ("TVA 20 %", "250,10 €"), ("Total TTC", "1 500,60 €"),
)  # fmt: skip
SPANISH = (
    ("Olivares del Sur S.L.",), ("Factura",), ("Número de factura: A-551",), ("Fecha: 05/11/2026",),
    ("Base imponible", "400,00 €"), ("IVA 21%", "84,00 €"), ("Total a pagar", "484,00 €"),
)  # fmt: skip
ITALIAN = (
    ("Officina Lume S.r.l.",), ("Fattura n. 77/2026",), ("Data fattura: 13/02/2026",),
    ("Imponibile", "€ 100,00"), ("IVA 22%", "€ 22,00"), ("Totale fattura", "€ 122,00"),
)  # fmt: skip
DUTCH = (
    ("Lampion B.V.",), ("Factuur",), ("Factuurnummer: 20260017",), ("Factuurdatum: 7 mei 2026",),
    ("Subtotaal excl. BTW", "€ 50,00"), ("BTW 21%", "€ 10,50"), ("Totaal incl. BTW", "€ 60,50"),
)  # fmt: skip
POLISH = (
    ("Latarnia Sp. z o.o.",), ("Faktura nr FV 12/2026",), ("Data wystawienia: 2026-05-08",),
    ("Netto", "2 000,00 PLN"), ("Podatek VAT 23%", "460,00 PLN"), ("Do zaplaty", "2 460,00 PLN"),
)  # fmt: skip
AMERICAN = (
    ("Copper Kettle LLC",), ("Receipt",), ("Receipt #", "R-1009"), ("Date", "02/13/2026"),
    ("Subtotal", "$1,200.00"), ("Sales tax (5%)", "$60.00"), ("Total", "$1,260.00"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("page", "vendor", "number", "issued", "total", "currency"),
    [
        (GERMAN, "Nordlicht Werkzeuge GmbH", "2026/118", date(2026, 4, 3), "1190.00", "EUR"),
        (FRENCH, "Moulin Clair SARL", "FA-0042", date(2026, 3, 4), "1500.60", "EUR"),
        (SPANISH, "Olivares del Sur S.L.", "A-551", date(2026, 11, 5), "484.00", "EUR"),
        (ITALIAN, "Officina Lume S.r.l.", "77/2026", date(2026, 2, 13), "122.00", "EUR"),
        (DUTCH, "Lampion B.V.", "20260017", date(2026, 5, 7), "60.50", "EUR"),
        (POLISH, "Latarnia Sp. z o.o.", "FV 12/2026", date(2026, 5, 8), "2460.00", "PLN"),
        (AMERICAN, "Copper Kettle LLC", "R-1009", date(2026, 2, 13), "1260.00", "USD"),
    ],
    ids=["german", "french", "spanish", "italian", "dutch", "polish", "american"],
)
def test_a_page_is_read_in_its_language_and_notation(
    page: Sequence[Sequence[str]], vendor: str, number: str, issued: date, total: str, currency: str
) -> None:
    invoice = only_invoice(mail(("a.pdf", pdf(page)), sender="someone@example.com"))
    assert (invoice.vendor, invoice.invoice_number, invoice.issue_date) == (vendor, number, issued)
    assert (invoice.total, invoice.currency) == (Decimal(total), currency)
    assert invoice.net is not None
    assert invoice.tax is not None
    assert [check.ok for check in invoice.checks if check.name == "net_plus_tax"] == [True]


def test_tax_id_and_account_are_read_off_the_page() -> None:
    invoice = only_invoice(mail(("a.pdf", pdf(GERMAN))))
    assert (invoice.vendor_tax_id, invoice.iban) == ("DE136695976", "DE89370400440532013000")
    assert invoice.due_date == date(2026, 5, 1)


def test_the_buyer_is_not_taken_for_the_vendor() -> None:
    page = (("Bill to",), ("Grand Buyer Inc",), *PAGE[1:6], *PAGE[8:])
    invoice = only_invoice(mail(("a.pdf", pdf(page)), sender="Harbour Tools <b@harbour.example>"))
    assert invoice.vendor == "Harbour Tools"


@pytest.mark.parametrize(
    "page",
    [
        [("Price list",), ("Lamp", "£20.00"), ("Total number of lamps", "3")],
        [("Account statement",), ("Statement no. 7",), ("Opening balance", "$10.00"), ("Total", "$30.00")],
        [("Quotation",), ("Order no. 7781",), ("Total", "$30.00")],
        [("Dear Sir",), ("we had a lovely time at the sea.",)],
    ],
)
def test_pages_with_prices_are_no_invoices(page: Sequence[Sequence[str]]) -> None:
    report = report_of(mail(("a.pdf", pdf(page))))
    assert (report.outcome, report.reason) == ("none", ReasonCode.INCOMPLETE)


@pytest.mark.parametrize(
    ("data", "outcome", "reason"),
    [
        (encrypted_pdf(), "failed", ReasonCode.PDF_ENCRYPTED),
        (b"%PDF-1.7\nnot really", "failed", ReasonCode.PDF_BROKEN),
        (pdf()[:300], "failed", ReasonCode.PDF_BROKEN),
        (pdf([("",)]), "failed", ReasonCode.PDF_WITHOUT_TEXT),
        (pdf_with("order-x.xml", b"<SCRDMCCBDACIOMessageStructure/>"), "none", ReasonCode.OTHER_DOCUMENT),
    ],
    ids=["encrypted", "broken", "cut off", "no text", "order"],
)
def test_a_pdf_that_gives_nothing_says_why(data: bytes, outcome: str, reason: ReasonCode) -> None:
    report = report_of(mail(("a.pdf", data)))
    assert (report.outcome, report.reason) == (outcome, reason)


def test_broken_embedded_xml_leaves_the_page_to_read() -> None:
    invoice = only_invoice(mail(("a.pdf", pdf_with("factur-x.xml", b"<?xml version='1.0'?><rsm:Cross"))))
    assert (invoice.format, invoice.invoice_number) == ("pdf", "HT-2210")


def test_a_number_in_the_title_goes_before_that_of_an_item() -> None:
    page = (
        ("Harbour Tools Ltd",),
        ("Invoice 103767",),
        ("No.", "Description"),
        ("1908-S", "Chair"),
        ("Total", "£9.00"),
    )
    assert only_invoice(mail(("a.pdf", pdf(page)))).invoice_number == "103767"


def test_a_grand_total_after_a_voucher_goes_before_the_sum_that_adds_up() -> None:
    sums = (("Total before tax", "£15.50"), ("VAT", "£1.08"), ("Total", "£16.58"), ("Voucher", "-£0.83"))
    invoice = only_invoice(mail(("a.pdf", pdf((*PAGE[:6], *sums, ("Grand total", "£15.75"))))))
    assert (invoice.total, invoice.tax, invoice.net) == (Decimal("15.75"), Decimal("1.08"), None)


def test_the_total_goes_before_what_is_left_to_pay() -> None:
    sums = (("Net", "£100.00"), ("VAT 20%", "£20.00"), ("Total", "£120.00"), ("Paid", "-£50.00"), ("To pay", "£70.00"))
    assert only_invoice(mail(("a.pdf", pdf((*PAGE[:6], *sums))))).total == Decimal("120.00")


SECOND = (("Harbour Tools Ltd",), ("INVOICE",), ("Invoice number:", "HT-2211"), ("Total due", "£12.00"))


def test_two_invoices_in_one_file_are_two_with_the_same_carrier() -> None:
    report = report_of(mail(("a.pdf", pdf(PAGE, (("Conditions of sale",),), SECOND))))
    assert [(one.invoice_number, one.total) for one in report.invoices] == [
        ("HT-2210", Decimal("300.00")),
        ("HT-2211", Decimal("12.00")),
    ]
    assert report.invoices[1].evidence["total"].locator.startswith("page 3 box ")
    assert len({carrier.sha256 for one in report.invoices for carrier in one.carriers}) == 1


def test_the_pages_of_one_invoice_stay_together() -> None:
    head = (*PAGE[:6], ("Page 1 of 2",))
    tail = (("Invoice number:", "HT-2210"), ("INVOICE",), *PAGE[8:])
    invoice = only_invoice(mail(("a.pdf", pdf(head, tail))))
    assert (invoice.invoice_number, invoice.total) == ("HT-2210", Decimal("300.00"))


@pytest.mark.parametrize(
    ("lines", "ok"),
    [
        ((("Total", "240,00"), ("Netto", "200,00"), ("IBAN FR14 2004 1010 0505 0001 3M02 606",)), True),
        ((("Total", "240.01"), ("VAT", "40.00")), True),
        ((("Total", "2 40.00"), ("Total", "24,000.00"), ("VAT", "40.00")), False),
        ((("Total", "240.00"), ("VAT", "40.00"), ("IBAN DE89 3704 0044 0532 0130 00",)), False),
    ],
    ids=["as the data", "rounded", "another total", "another account"],
)
def test_a_page_that_does_not_show_what_its_data_says_is_flagged(lines: Sequence[Sequence[str]], ok: bool) -> None:
    invoice = only_invoice(mail(("a.pdf", pdf_with("factur-x.xml", CII.encode(), lines))))
    assert [check.ok for check in invoice.checks if check.name == "page_agrees"] == [ok]
    assert invoice.total == Decimal("240.00")
    assert invoice.needs_check is not ok
