"""Documents in the layouts of widespread programs, each with its expected fields; all of it is
invented."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.support.documents import mail, pdf

NOBODY = "documents@example.com"


class Known(NamedTuple):
    """A message and its expected fields; None if it is no invoice."""

    name: str
    raw: bytes
    expected: dict[str, str] | None


def page(name: str, *lines: Sequence[str], **expected: str) -> Known:
    """Return a message with a PDF, from an unknown sender."""
    return Known(name, mail(("document.pdf", pdf(lines)), sender=NOBODY), expected or None)


def body(name: str, html: str, sender: str, subject: str, **expected: str) -> Known:
    """Return an HTML mail."""
    return Known(name, mail(html=html, sender=sender, subject=subject), expected or None)


def text(name: str, text: str, sender: str, subject: str, **expected: str) -> Known:
    """Return a plain text mail."""
    return Known(name, mail(text=text, sender=sender, subject=subject), expected or None)


def rows(*rows: Sequence[Any]) -> str:
    """Return an HTML table."""
    return f"<table>{''.join('<tr>' + ''.join(f'<td>{cell}</td>' for cell in row) + '</tr>' for row in rows)}</table>"


PAGES = (
    page(
        "form with labels over values", ("John Smith Design",), ("INVOICE",), ("Submitted on 04/01/2024",),
        ("Invoice for", "Payable to", "Invoice #"), ("Acme Co", "John Smith", "0012"), ("Description", "Total price"),
        ("Website", "$400.00"), ("Subtotal", "$400.00"), ("Adjustments", "-$20.00"), ("Total", "$380.00"),
        total="380.00", issue_date="2024-04-01", invoice_number="0012",
    ),
    page(
        "seller beside the buyer", ("Invoice",), ("Invoice number", "5A2B-0001"), ("Date of issue", "March 3, 2024"),
        ("Date due", "April 2, 2024"), ("Acme Hosting", "Bill to"), ("1 Main Street", "Jane Roe"),
        ("Dublin 2", "5 Rue Haute"), ("Ireland", "Paris"), ("IE VAT IE6388047V",), ("€24.20 due April 2, 2024",),
        ("Pro plan", "€20.00"), ("Subtotal", "€20.00"), ("Total excluding tax", "€20.00"),
        ("VAT - Ireland (21% on €20.00)", "€4.20"), ("Total", "€24.20"), ("Amount due", "€24.20"),
        total="24.20", net="20.00", tax="4.20", invoice_number="5A2B-0001", issue_date="2024-03-03",
        due_date="2024-04-02", vendor="Acme Hosting", vendor_tax_id="IE6388047V",
    ),
    page(
        "letter without tax", ("Petra Klein · Gartenweg 3 · 04109 Leipzig",), ("Firma Groß AG",), ("Ringstr. 9",),
        ("01067 Dresden",), ("Leipzig, den 03.04.2024",), ("Rechnung Nr. 2024-03",), ("Steuernummer: 231/123/45678",),
        ("Texte für die Website", "800,00 €"), ("Gesamtbetrag", "800,00 €"),
        ("Gemäß § 19 UStG wird keine Umsatzsteuer berechnet.",),
        ("Bitte überweisen Sie den Betrag bis zum 17.04.2024.",), ("IBAN: DE89 3704 0044 0532 0130 00",),
        total="800.00", invoice_number="2024-03", issue_date="2024-04-03", vendor="Petra Klein",
        due_date="2024-04-17", iban="DE89370400440532013000", currency="EUR",
    ),
    page(
        "two columns in French", ("Julie Morel", "FACTURE"), ("12 rue des Lilas", "N° 2024-001"),
        ("69003 Lyon", "Date : 03/04/2024"), ("SIRET 81234567800012",), ("Client : Société Durand",),
        ("Création de logo", "500,00 €"), ("TVA non applicable, art. 293 B du CGI",), ("Total", "500,00 €"),
        total="500.00", invoice_number="2024-001", issue_date="2024-04-03", vendor="Julie Morel",
    ),
    page(
        "bill with a balance", ("Northwind Energy",), ("Your electricity bill",), ("Account number", "8831 2211"),
        ("Bill number", "44210087"), ("Bill date", "12 Feb 2024"), ("Payment due", "1 Mar 2024"),
        ("Previous balance", "£80.00"), ("Payments received", "-£80.00"), ("Charges this period", "£91.30"),
        ("VAT at 5%", "£4.57"), ("Total amount due", "£95.87"),
        total="95.87", invoice_number="44210087", issue_date="2024-02-12", due_date="2024-03-01",
        vendor="Northwind Energy",
    ),
    page(
        "labels in two languages", ("Hotel Seeblick",), ("Seestrasse 4, 8280 Kreuzlingen",), ("Rechnung / Invoice",),
        ("Rechnungs-Nr. / Invoice no.", "40211"), ("Datum / Date", "05.06.2024"), ("Anreise / Arrival", "03.06.2024"),
        ("Gast / Guest", "Alex Roe"), ("Übernachtung", "CHF 320.00"), ("Frühstück", "CHF 40.00"),
        ("Total inkl. MwSt. / Total incl. VAT", "CHF 360.00"), ("Davon MwSt. 3.8% / of which VAT", "CHF 13.18"),
        ("Nettobetrag / Net amount", "CHF 346.82"),
        total="360.00", tax="13.18", net="346.82", invoice_number="40211", issue_date="2024-06-05",
        vendor="Hotel Seeblick",
    ),
    page(
        "sums in columns in Swedish", ("Granit & Form AB", "FAKTURA"), ("Box 12, 111 20 Stockholm",),
        ("Fakturanr", "10234"), ("Kundnr", "552"), ("Fakturadatum", "2024-03-01"), ("OCR", "1023412"),
        ("Förfallodatum", "2024-03-31"), ("Netto", "Moms 25%"), ("1 000,00", "250,00"), ("Öresavrundning", "0,00"),
        ("ATT BETALA", "1 250,00 SEK"), ("Momsreg.nr SE556677889901",),
        total="1250.00", tax="250.00", net="1000.00", invoice_number="10234", issue_date="2024-03-01",
        due_date="2024-03-31", vendor="Granit & Form AB", currency="SEK", vendor_tax_id="SE556677889901",
    ),
    page(
        "withholding in Italian", ("Studio Legale Bianchi",), ("Via Verdi 3, 10121 Torino",),
        ("P.IVA 01234567890 - C.F. BNCMRA70A01L219X",), ("Spett.le",), ("Rossi S.r.l.",),
        ("Via Roma 1, 20121 Milano",), ("Fattura n. 12/2024 del 15/03/2024",), ("Onorari", "1.000,00"),
        ("Cassa previdenza 4%", "40,00"), ("Imponibile", "1.040,00"), ("IVA 22%", "228,80"),
        ("Totale fattura", "1.268,80"), ("Ritenuta d'acconto 20%", "-200,00"), ("Netto a pagare", "1.068,80"),
        total="1268.80", net="1040.00", tax="228.80", invoice_number="12/2024", issue_date="2024-03-15",
        vendor="Studio Legale Bianchi", vendor_tax_id="01234567890",
    ),
    page(
        "withholding in the total in Spanish", ("Marta Gil Diseño", "Factura"), ("NIF 12345678Z", "Nº 7/2024"),
        ("Calle Luna 4, 28004 Madrid", "Fecha 10/02/2024"), ("Cliente: Textil Sur S.L.",), ("CIF B11222333",),
        ("Diseño de catálogo", "600,00 €"), ("Base imponible", "600,00 €"), ("IVA (21%)", "126,00 €"),
        ("IRPF (-15%)", "-90,00 €"), ("Total", "636,00 €"),
        total="636.00", tax="126.00", net="600.00", invoice_number="7/2024", issue_date="2024-02-10",
        vendor="Marta Gil Diseño", vendor_tax_id="12345678Z",
    ),
    page(
        "Australian tax invoice", ("TAX INVOICE",), ("Bondi Boards Pty Ltd", "ABN 51 824 753 556"),
        ("Invoice No: 7781", "Date: 3/4/2024"), ("To: Alex Roe",), ("Surfboard", "$770.00"),
        ("Total (inc GST)", "$770.00"), ("GST included", "$70.00"),
        total="770.00", tax="70.00", invoice_number="7781", issue_date="2024-04-03", vendor="Bondi Boards Pty Ltd",
        currency="AUD",
    ),
    page(
        "Indian tax invoice", ("Tax Invoice",), ("Sold By: Lotus Retail Private Limited",),
        ("GSTIN: 29AABCT1332L1ZV", "Invoice Number # FAB-22-0099"), ("Order ID: OD1234567", "Order Date: 02-03-2024"),
        ("Invoice Date: 03-03-2024", "PAN: AABCT1332L"), ("Bill To",), ("Alex Roe",), ("Title", "Gross Amount"),
        ("Lamp", "1180.00"), ("CGST 9%", "90.00"), ("SGST 9%", "90.00"), ("Grand Total", "Rs. 1180.00"),
        total="1180.00", invoice_number="FAB-22-0099", issue_date="2024-03-03",
        vendor="Lotus Retail Private Limited", currency="INR",
    ),
)  # fmt: skip

MAILS = (
    body(
        "card payment", "<h1>Receipt from Acme, Inc.</h1><p>Receipt #1234-5678</p>"
        + rows(("Amount paid", "Date paid", "Payment method"), ("$20.00", "Mar 3, 2024", "Visa - 4242"))
        + "<h2>Summary</h2>" + rows(("Pro plan x 1", "$20.00"), ("Amount charged", "$20.00"))
        + "<p>If you have any questions, contact us at support@acme.com.</p>",
        '"Acme, Inc." <receipts@pay.example>', "Your receipt from Acme, Inc. #1234-5678",
        total="20.00", invoice_number="1234-5678", vendor="Acme, Inc.", issue_date="2024-03-03", currency="USD",
    ),
    body(
        "wallet", "<h1>You paid $25.00 USD to Foo Shop</h1>"
        + rows(("Transaction ID", "Transaction date"), ("9AB12345CD678901E", "March 3, 2024"))
        + rows(("Merchant", "Invoice ID"), ("Foo Shop", "WEB-1001"))
        + rows(("Mug", "$25.00 USD"), ("Total", "$25.00 USD")),
        '"service" <service@wallet.example>', "Receipt for your payment to Foo Shop",
        total="25.00", currency="USD", issue_date="2024-03-03", vendor="Foo Shop",
    ),
    body(
        "shop's order", "<h1>Thank you for your order</h1><h2>[Order #1234] (March 3, 2024)</h2>"
        + rows(("Product", "Quantity", "Price"), ("Mug", "2", "$10.00"), ("Subtotal:", "", "$10.00"),
               ("Shipping:", "", "$5.00 via Flat rate"), ("Payment method:", "", "Card"), ("Total:", "", "$15.00"))
        + "<h2>Billing address</h2><p>Alex Roe<br>1 Main St</p>",
        "Mug World <shop@mugworld.example>", "Your Mug World order has been received!",
        total="15.00", invoice_number="1234", issue_date="2024-03-03", vendor="Mug World",
    ),
    body(
        "store of applications", "<p>You've made a purchase from <b>Tiny Games</b>.</p><p>Order number: "
        "GPA.3312-9012-1111-22222<br>Order date: 3 Mar 2024 10:11:12 CET</p>" + rows(("Gold pack", "€4.99"))
        + "<p>Total: €4.99 (Includes VAT of €0.80)</p>", "Tiny Games <no-reply@tiny.example>", "Your order",
        total="4.99", tax="0.80", invoice_number="GPA.3312-9012-1111-22222", issue_date="2024-03-03",
        vendor="Tiny Games",
    ),
    body(
        "ride without a number", "<p>March 3, 2024</p><h1>Here's your receipt for your ride, Alex</h1>"
        + rows(("Total", "CA$12.50")) + rows(("Trip fare", "CA$10.00"), ("HST", "CA$1.50"), ("Tip", "CA$1.00"))
        + rows(("Visa 4242", "CA$12.50")), "Ryde <noreply@ryde.example>", "Your trip with Ryde",
        total="12.50", currency="CAD", issue_date="2024-03-03", vendor="Ryde",
    ),
    body(
        "subscription", "<p>Thanks for being with <b>Cloudbox</b>.</p><p>Invoice number: <b>CB-99120</b></p>"
        "<p>Billing date: <b>2024-03-03</b></p><p>Amount: <b>€49.00</b></p><p>Next billing date: 2024-04-03</p>",
        "Cloudbox <billing@cloudbox.example>", "Your Cloudbox invoice",
        total="49.00", invoice_number="CB-99120", issue_date="2024-03-03", vendor="Cloudbox", currency="EUR",
    ),
)  # fmt: skip

OTHERS = (
    page("pro forma", ("PROFORMA INVOICE",), ("Acme Ltd",), ("Proforma no: PF-22",), ("Total", "£100.00")),
    page(
        "statement", ("Statement of Account",), ("Acme Ltd",), ("Invoice no.", "Amount"), ("INV-1001", "£100.00"),
        ("INV-1002", "£50.00"), ("Total due", "£150.00"),
    ),
    page(
        "reminder", ("Acme GmbH",), ("2. Mahnung",), ("zu unserer Rechnung Nr. 4711 vom 01.02.2024",),
        ("Rechnungsbetrag", "119,00 €"), ("Mahngebühr", "5,00 €"), ("Gesamtbetrag", "124,00 €"),
    ),
    page("payslip", ("Payslip",), ("Acme Ltd",), ("Employee no.", "0012"), ("Tax", "£400.00"), ("Total", "£700.00")),
    body(
        "newsletter", "<h1>Spring sale: save 20% on all orders</h1><p>Free shipping on orders over $50.00. Lamp "
        "$20.00.</p><p>Total savings up to $100.00!</p>", "Shop <news@shop.example>", "Spring sale",
    ),
    body(
        "failed payment", "<h1>Your payment failed</h1><p>We could not charge $20.00 for invoice number INV-1234. "
        "Amount due: $20.00</p>", "Shop <billing@shop.example>", "Action required: payment failed",
    ),
)  # fmt: skip
