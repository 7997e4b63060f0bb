"""Bodies that are invoices (structured data, HTML tables, plain text), and mail that is none."""

from datetime import date
from decimal import Decimal

import pytest

from shared.ledger_reasons import ReasonCode
from tests.support.documents import UBL, mail, only_invoice, report_of

JSON_LD = """<html><body><p>Thank you.</p><script type="application/ld+json">
[{"@context": "https://schema.org", "@graph": [{"@type": "Invoice",
 "provider": {"@type": "Organization", "name": "Tidal Energy"},
 "confirmationNumber": "TE-31", "paymentDueDate": "2026-05-01T00:00:00Z",
 "totalPaymentDue": {"@type": "PriceSpecification", "price": 41.10, "priceCurrency": "EUR"}}]}]
</script></body></html>"""
MICRODATA = """<div itemscope itemtype="https://schema.org/Order"><span itemprop="orderNumber">ORD-5</span>
<div itemprop="seller" itemscope itemtype="https://schema.org/Organization"><b itemprop="name">Paper Boat</b></div>
<meta itemprop="orderDate" content="2026-02-03"><span itemprop="price">12.00</span>
<meta itemprop="priceCurrency" content="USD"></div>"""
RECEIPT = """<html><body><h1>Your receipt</h1><table>
<tr><td>Order number:</td><td>88-1204</td></tr><tr><td>Order placed</td><td>March 25, 2026</td></tr>
<tr><td>Mug</td><td>$10.00</td></tr><tr><td>Total before tax</td><td>$10.00</td></tr>
<tr><td>Sales tax</td><td>$0.80</td></tr><tr><td><b>Order total</b></td><td>$10.80</td></tr></table>
<div style="display:none">Order total $999.99</div><p>Harbour Tools, 12 Quay Street</p></body></html>"""
PLAIN = """Thank you for your order.

Invoice number:  HT-77
Invoice date:    2026-03-02
Net amount       100.00 EUR
VAT 20%          20.00 EUR
Total            120.00 EUR

Harbour Tools Ltd
"""


def test_json_ld_is_read_with_its_exact_amount() -> None:
    invoice = only_invoice(mail(html=JSON_LD))
    assert (invoice.format, invoice.vendor, invoice.invoice_number) == ("json-ld", "Tidal Energy", "TE-31")
    assert (invoice.total, invoice.currency, invoice.due_date) == (Decimal("41.10"), "EUR", date(2026, 5, 1))


def test_microdata_is_read_like_json_ld() -> None:
    invoice = only_invoice(mail(html=MICRODATA))
    assert (invoice.format, invoice.kind, invoice.vendor) == ("json-ld", "receipt", "Paper Boat")
    assert (invoice.invoice_number, invoice.total, invoice.issue_date) == ("ORD-5", Decimal("12.00"), date(2026, 2, 3))


def test_an_html_receipt_is_read_without_what_a_reader_cannot_see() -> None:
    invoice = only_invoice(mail(html=RECEIPT))
    assert (invoice.format, invoice.kind, invoice.vendor) == ("html", "receipt", "Harbour Tools")
    assert (invoice.invoice_number, invoice.issue_date) == ("88-1204", date(2026, 3, 25))
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("10.00"), Decimal("0.80"), Decimal("10.80"))


def test_a_plain_text_invoice_is_read() -> None:
    invoice = only_invoice(mail(text=PLAIN))
    assert (invoice.format, invoice.vendor, invoice.invoice_number) == ("text", "Harbour Tools Ltd", "HT-77")
    assert (invoice.total, invoice.currency) == (Decimal("120.00"), "EUR")


def test_the_body_of_a_found_attachment_is_not_a_second_invoice() -> None:
    invoice = only_invoice(mail(("a.xml", UBL.encode()), text=PLAIN))
    assert (invoice.format, invoice.invoice_number) == ("ubl", "KL-7")


NEWSLETTER = "<h1>Spring sale</h1><p>Lamps now $19.99, in total 30 models. Order today, invoice later!</p>" * 20
ARGUMENT = """On Tuesday Bob wrote:
> I ordered two for a total of $45.00 and got no receipt.
Same here, order #12 took weeks.
"""


@pytest.mark.parametrize(
    ("text", "html"),
    [("Sale", NEWSLETTER), (ARGUMENT, None), ("Total: 5 people. Invoice us later.", None), ("", None)],
    ids=["newsletter", "talk about an order", "a total of people", "empty"],
)
def test_talk_about_prices_is_no_invoice(text: str, html: str | None) -> None:
    report = report_of(mail(text=text, html=html))
    assert (report.outcome, report.reason) == ("none", ReasonCode.NO_DOCUMENT)


def test_broken_structured_data_is_passed_over() -> None:
    report = report_of(mail(html='<script type="application/ld+json">{"@type": "Invoice", schema.org</script>'))
    assert report.outcome == "none"


def test_a_deeply_nested_page_is_walked_without_recursion() -> None:
    page = "<div>" * 5_000 + "Invoice number: 17 Total due $5.00" + "</div>" * 5_000
    assert report_of(mail(html=page)).outcome in ("none", "invoice")
