"""UBL and CII, as they should be and as they come."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from services.scanner.extract.limits import Limits
from shared.ledger_reasons import ReasonCode
from tests.support.documents import CII, UBL, mail, only_invoice, report_of


def test_every_term_of_a_ubl_invoice_is_read() -> None:
    invoice = only_invoice(mail(("a.xml", UBL.encode())))
    assert (invoice.format, invoice.kind, invoice.vendor) == ("ubl", "invoice", "Kleine Leuchten GmbH")
    assert (invoice.vendor_tax_id, invoice.iban) == ("DE111222333", "DE89370400440532013000")
    assert (invoice.invoice_number, invoice.currency) == ("KL-7", "EUR")
    assert (invoice.issue_date, invoice.due_date) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("100.00"), Decimal("19.00"), Decimal("119.00"))
    assert not invoice.needs_check


def test_every_term_of_a_cii_invoice_is_read() -> None:
    invoice = only_invoice(mail(("a.xml", CII.encode())))
    assert (invoice.format, invoice.vendor, invoice.vendor_tax_id) == ("cii", "Atelier Brume SARL", "FR12345678901")
    assert (invoice.invoice_number, invoice.issue_date) == ("F-2026-9", date(2026, 4, 12))
    assert (invoice.due_date, invoice.iban) == (date(2026, 5, 12), "FR1420041010050500013M02606")
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("200.00"), Decimal("40.00"), Decimal("240.00"))


def test_the_evidence_of_a_value_is_the_path_of_its_element() -> None:
    evidence = only_invoice(mail(("a.xml", UBL.encode()))).evidence["total"]
    assert evidence.source == "xml"
    assert evidence.locator.endswith("cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount")
    assert evidence.text == "119.00"


def test_zugferd_1_names_its_elements_differently() -> None:
    old = CII
    for new_name, old_name in (
        ("CrossIndustryInvoice", "CrossIndustryDocument"),
        ("rsm:ExchangedDocument>", "rsm:HeaderExchangedDocument>"),
        ("rsm:SupplyChainTradeTransaction", "rsm:SpecifiedSupplyChainTradeTransaction"),
        ("ApplicableHeaderTradeAgreement", "ApplicableSupplyChainTradeAgreement"),
        ("ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement"),
        ("SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"),
    ):
        old = old.replace(new_name, old_name)
    invoice = only_invoice(mail(("a.xml", old.encode())))
    assert (invoice.invoice_number, invoice.total) == ("F-2026-9", Decimal("240.00"))
    assert (invoice.vendor, invoice.issue_date) == ("Atelier Brume SARL", date(2026, 4, 12))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" + UBL.encode(), id="byte order mark"),
        pytest.param(UBL.replace("UTF-8", "UTF-16").encode("utf-16"), id="utf-16"),
        pytest.param(UBL.replace("Kleine", "Schöne").encode("cp1252"), id="declared utf-8, written in windows-1252"),
        pytest.param(UBL.replace('xmlns:cac="urn', 'xmlns:other="urn').encode(), id="undeclared prefix"),
        pytest.param(
            UBL.replace("urn:oasis:names:specification:ubl", "http://example.com/v9").encode(), id="namespace"
        ),
        pytest.param(UBL.split("?>", 1)[1].strip().encode(), id="no declaration"),
    ],
)
def test_sloppy_xml_is_still_an_invoice(data: bytes) -> None:
    invoice = only_invoice(mail(("a.xml", data)))
    assert (invoice.invoice_number, invoice.total) == ("KL-7", Decimal("119.00"))
    assert invoice.vendor in ("Kleine Leuchten GmbH", "Schöne Leuchten GmbH")


def test_an_invoice_without_a_number_is_one_and_asks_for_a_person() -> None:
    invoice = only_invoice(mail(("a.xml", UBL.replace("KL-7", "").encode())))
    assert (invoice.invoice_number, invoice.vendor, invoice.needs_check) == (None, "Kleine Leuchten GmbH", True)


@pytest.mark.parametrize(
    ("written", "issued"),
    [
        ("2026-03-01", date(2026, 3, 1)), ("2026-03-01Z", date(2026, 3, 1)), ("2026-03-01+01:00", date(2026, 3, 1)),
        ("20260301", date(2026, 3, 1)), ("202603011230", date(2026, 3, 1)), ("20260301123059", date(2026, 3, 1)),
        ("260301", date(2026, 3, 1)), ("01.03.2026", date(2026, 3, 1)), ("2026-02-30", None), ("soon", None),
    ],
)  # fmt: skip
def test_dates_in_many_forms_are_read(written: str, issued: date | None) -> None:
    data = CII.replace(">20260412<", f">{written}<").encode()
    assert only_invoice(mail(("a.xml", data))).issue_date == issued


@pytest.mark.parametrize(
    ("written", "total"),
    [("119", "119"), ("119.0", "119.0"), ("119,00", "119.00"), (".50", "0.50"), ("1,119.00", "1119.00"),
     ("1.119,00", "1119.00"), ("1 119.00", "1119.00"), ("-119.00", "-119.00")],
)  # fmt: skip
def test_amounts_in_many_forms_are_read(written: str, total: str) -> None:
    data = UBL.replace(">119.00<", f">{written}<").encode()
    assert only_invoice(mail(("a.xml", data))).total == Decimal(total)


def test_a_missing_currency_is_taken_from_an_amount() -> None:
    data = CII.replace("<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>", "").encode()
    invoice = only_invoice(mail(("a.xml", data)))
    assert (invoice.currency, invoice.evidence["currency"].locator.endswith("/@currencyID")) == ("EUR", True)


def test_a_credit_note_is_detected_by_its_root_or_by_its_code() -> None:
    by_root = UBL.replace("<Invoice ", "<CreditNote ").replace("</Invoice>", "</CreditNote>")
    by_code = CII.replace(">380<", ">381<")
    assert only_invoice(mail(("a.xml", by_root.encode()))).kind == "credit_note"
    assert only_invoice(mail(("a.xml", by_code.encode()))).kind == "credit_note"


@pytest.mark.parametrize(
    "envelope",
    [
        "<StandardBusinessDocument><StandardBusinessDocumentHeader/>{}</StandardBusinessDocument>",
        '<s:Envelope xmlns:s="urn:soap"><s:Header/><s:Body><Message>{}</Message></s:Body></s:Envelope>',
    ],
)
def test_an_invoice_inside_an_envelope_is_found(envelope: str) -> None:
    wrapped = envelope.format(UBL.split("?>", 1)[1])
    assert only_invoice(mail(("a.xml", wrapped.encode()))).invoice_number == "KL-7"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("<SCRDMCCBDACIOMessageStructure/>", ReasonCode.OTHER_DOCUMENT),
        ("<Catalogue/>", ReasonCode.OTHER_DOCUMENT),
        ("<DespatchAdvice/>", ReasonCode.OTHER_DOCUMENT),
        ("<validation><xml/></validation>", ReasonCode.NO_DOCUMENT),
        (UBL.replace("119.00", "").replace("69.00", ""), ReasonCode.INCOMPLETE),
        (UBL.replace("KL-7", "").replace("Kleine Leuchten GmbH", ""), ReasonCode.INCOMPLETE),
        (UBL.replace(">380<", ">325<"), ReasonCode.OTHER_DOCUMENT),
        (CII.replace(">380<", ">310<"), ReasonCode.OTHER_DOCUMENT),
        (f"<report><documentData>{UBL.split('?>', 1)[1]}</documentData></report>", ReasonCode.NO_DOCUMENT),
    ],
)
def test_other_xml_is_no_invoice(data: str, reason: ReasonCode) -> None:
    report = report_of(mail(("a.xml", data.encode())))
    assert (report.outcome, report.reason) == ("none", reason)


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">%s]><Invoice><ID>&z;</ID></Invoice>'


def test_a_billion_laughs_are_refused() -> None:
    levels = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("bcdefghi", "cdefghiz", strict=True)
    )
    report = report_of(mail(("a.xml", (BOMB % levels).encode())))
    assert (report.outcome, report.reason) == ("failed", ReasonCode.XML_ENTITIES)


def test_an_external_entity_is_refused_and_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    entity = f'<!DOCTYPE Invoice [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    report = report_of(mail(("a.xml", UBL.split("?>", 1)[1].replace("KL-7", "&leak;").join((entity, "")).encode())))
    assert (report.outcome, report.reason) == ("failed", ReasonCode.XML_ENTITIES)
    assert "TOP-SECRET" not in report.model_dump_json()


def test_broken_and_oversized_xml_have_their_own_reasons() -> None:
    assert report_of(mail(("a.xml", b"<?xml version='1.0'?>"))).reason == ReasonCode.XML_BROKEN
    assert report_of(mail(("a.xml", UBL.encode())), Limits(xml_bytes=100)).reason == ReasonCode.TOO_LARGE


def test_amounts_that_are_no_plain_numbers_are_not_read() -> None:
    odd = UBL.replace(">119.00<", ">1E9999<").replace(">69.00<", ">NaN<")
    assert report_of(mail(("a.xml", odd.encode()))).reason == ReasonCode.INCOMPLETE
