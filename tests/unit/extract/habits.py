"""Invoices and other documents by the habits of trades and countries."""

from tests.unit.extract.layouts import body, page, rows, text

HABITS = (
    body(
        "stacked divs",
        "<div>Lumen Shop</div><div>Order number</div><div>LS-88412</div><div>Order date</div><div>5 "
        "March 2024</div><div>Desk "
        "lamp</div><div>£40.00</div><div>Subtotal</div><div>£40.00</div><div>Delivery</div><div>£4.99</div><div>Total</div><div>£44.99</div>",
        "Lumen Shop <hello@lumen.example>", "Order confirmation",
        total="44.99", invoice_number="LS-88412", issue_date="2024-03-05", vendor="Lumen Shop", currency="GBP",
    ),
    text(
        "forwarded",
        "Hi, see below\n\n---------- Forwarded message ---------\n"
        "From: Hosting Nord <billing@hostingnord.example>\nDate: Tue, 5 Mar 2024\nSubject: Rechnung\n\n"
        "> Rechnungsnummer: HN-2024-5512\n> Rechnungsdatum: 05.03.2024\n> Nettobetrag: 10,00 EUR\n"
        "> MwSt 19%: 1,90 EUR\n> Gesamtbetrag: 11,90 EUR\n",
        "Jane <jane@example.org>", "Fwd: Rechnung",
        total="11.90", net="10.00", tax="1.90", invoice_number="HN-2024-5512", issue_date="2024-03-05",
    ),
    text(
        "bars",
        "INVOICE\n=======\nAcme Widgets Ltd\n\n| Invoice No | INV-7781 |\n| Date       | 2024-03-05 |\n"
        "| Subtotal   | $90.00 |\n| Tax        | $9.00 |\n| Total      | $99.00 |\n",
        "billing@acme.example", "Invoice INV-7781",
        total="99.00", tax="9.00", net="90.00", invoice_number="INV-7781", issue_date="2024-03-05",
    ),
    body(
        "german order",
        "<p>Guten Tag Jana Vogel,</p><p>vielen Dank für Ihre Bestellung bei <b>Buchhandlung "
        "Sommer</b>.</p><p>Bestellnummer: 4711-0815<br>Bestelldatum: 5. März 2024</p>"
        + rows(
            ("Roman", "1", "12,99 EUR"), ("Versand", "", "3,00 EUR"),
            ("Gesamtbetrag (inkl. MwSt.)", "", "15,99 EUR"),
        )
        + "<p>Enthaltene MwSt. 7 %: 1,05 EUR</p>",
        "Buchhandlung Sommer <service@sommer.example>", "Ihre Bestellung 4711-0815",
        total="15.99", tax="1.05", invoice_number="4711-0815", issue_date="2024-03-05",
        vendor="Buchhandlung Sommer",
    ),
    body(
        "french telecom",
        "<h1>Votre facture est disponible</h1><p>Bonjour,</p><p>Votre facture n° 880012345 du 05/03/2024"
        " d'un montant de 29,99 € TTC est disponible.</p><p>Montant : 29,99 €</p>",
        "Réseau Clair <facture@reseauclair.example>", "Votre facture du 05/03/2024",
        total="29.99", invoice_number="880012345", issue_date="2024-03-05",
    ),
    page(
        "header row right", ("ALPHA TOOLS GMBH",), ("RECHNUNG",), ("RECHNUNGS-NR.", "KUNDEN-NR.", "DATUM"),
        ("R-20240311", "10034", "11.03.2024"), ("Pos  Artikel", "Menge", "Betrag EUR"), ("1  Zange", "2", "20,00"),
        ("SUMME NETTO", "", "20,00"), ("MWST 19,00 %", "", "3,80"), ("RECHNUNGSBETRAG", "", "23,80"),
        total="23.80", net="20.00", tax="3.80", invoice_number="R-20240311", issue_date="2024-03-11",
        vendor="ALPHA TOOLS GMBH", currency="EUR",
    ),
    page(
        "vat table first", ("Solis Energia S.p.A.",), ("Bolletta n. 2024/55512 del 05/03/2024",),
        ("Periodo: 01/01/2024 - 29/02/2024",), ("Scadenza: 25/03/2024",), ("Spesa per l'energia", "80,00 €"),
        ("Imposte", "10,00 €"), ("IVA 10%", "9,00 €"), ("Totale bolletta", "99,00 €"),
        total="99.00", invoice_number="2024/55512", issue_date="2024-03-05", due_date="2024-03-25",
        vendor="Solis Energia S.p.A.",
    ),
    page(
        "polish", ("Sprzedawca:", "Nabywca:"), ("Zielony Sklep Sp. z o.o.", "Jan Kowalski"),
        ("ul. Lesna 5", "ul. Dluga 9"), ("00-100 Warszawa", "31-001 Krakow"),
        ("NIP: 5213214567", "NIP: 6762345678"), ("Faktura VAT nr 17/03/2024",), ("Data wystawienia: 05.03.2024",),
        ("Data sprzedazy: 04.03.2024",), ("Termin platnosci: 19.03.2024",), ("Razem", "100,00", "23,00", "123,00"),
        ("Do zaplaty: 123,00 PLN",),
        total="123.00", invoice_number="17/03/2024", issue_date="2024-03-05", due_date="2024-03-19",
        vendor="Zielony Sklep Sp. z o.o.", vendor_tax_id="5213214567", net="100.00", tax="23.00", currency="PLN",
    ),
    page(
        "uk ltd", ("Invoice from Tiny Studio",), ("Invoice ID: 2024-031",),
        ("Issued: 05/03/2024", "Due: 19/03/2024"), ("For: Big Client Ltd",), ("Design", "£500.00"),
        ("Total", "£500.00"), ("Bank: Starling, Sort code 60-83-71, Account 12345678",), ("Company no. 12345678",),
        total="500.00", invoice_number="2024-031", issue_date="2024-03-05", due_date="2024-03-19",
        vendor="Tiny Studio",
    ),
    page(
        "us services", ("Law Offices of Ann Park",), ("400 Pine Street, Suite 900, Seattle, WA 98101",),
        ("Statement for professional services",), ("Invoice # 20871",), ("March 5, 2024",), ("Re: Smith matter",),
        ("Total Fees", "$1,500.00"), ("Total Costs", "$100.00"), ("Total Current Charges", "$1,600.00"),
        ("Previous Balance", "$300.00"), ("Payments", "($300.00)"), ("Balance Due", "$1,600.00"),
        total="1600.00", invoice_number="20871", issue_date="2024-03-05", vendor="Law Offices of Ann Park",
    ),
    page(
        "swiss qr", ("Garage Meier AG",), ("Rechnung Nr. 20240305",), ("Zürich, 5. März 2024",),
        ("Reparatur", "CHF 1'000.00"), ("Zwischentotal", "CHF 1'000.00"), ("MWST 8,1%", "CHF 81.00"),
        ("Total CHF", "1'081.00"), ("Zahlbar innert 30 Tagen",), ("IBAN CH93 0076 2011 6238 5295 7",),
        ("CHE-123.456.788 MWST",),
        total="1081.00", tax="81.00", net="1000.00", invoice_number="20240305", issue_date="2024-03-05",
        vendor="Garage Meier AG", currency="CHF", iban="CH9300762011623852957",
        vendor_tax_id="CHE-123.456.788 MWST",
    ),
    page(
        "norsk", ("Fjell Sport AS",), ("FAKTURA",), ("Fakturanr.: 55012", "Fakturadato: 05.03.24"),
        ("Kundenr.: 883", "Forfallsdato: 19.03.24"), ("Sum eks. mva", "800,00"), ("MVA 25%", "200,00"),
        ("Å betale NOK", "1 000,00"), ("Org.nr: NO 987 654 321 MVA",),
        total="1000.00", net="800.00", tax="200.00", invoice_number="55012", issue_date="2024-03-05",
        due_date="2024-03-19", vendor="Fjell Sport AS", currency="NOK",
    ),
    page(
        "portuguese", ("Café Central, Lda.",), ("Contribuinte n.º 501234567",), ("Fatura-Recibo FR 2024/881",),
        ("Data: 2024-03-05",), ("Exmo.(s) Sr.(s) Maria Costa",), ("Total Ilíquido", "100,00"), ("IVA 23%", "23,00"),
        ("Total", "123,00 €"),
        total="123.00", net="100.00", tax="23.00", invoice_number="FR 2024/881", issue_date="2024-03-05",
        vendor="Café Central, Lda.", vendor_tax_id="501234567",
    ),
    page(
        "danish", ("Byg & Bo ApS",), ("Faktura nr. 1055",), ("Dato 05.03.2024",), ("Betalingsfrist 19.03.2024",),
        ("Subtotal", "1.000,00 kr."), ("Moms 25 %", "250,00 kr."), ("I alt inkl. moms", "1.250,00 kr."),
        ("CVR-nr. 12345678",),
        total="1250.00", net="1000.00", tax="250.00", invoice_number="1055", issue_date="2024-03-05",
        due_date="2024-03-19", vendor="Byg & Bo ApS", currency="DKK", vendor_tax_id="12345678",
    ),
)  # fmt: skip

PAPERS = (
    body(
        "price talk",
        "<p>Hi team,</p><p>the total budget for the order is $5,000.00, invoice to follow. Order #1234 "
        "was cancelled.</p>",
        "Bob <bob@example.org>", "Re: order",
    ),
    body(
        "digest",
        "<h1>Weekly deals</h1><p>Order total over $25.00 ships free. Receipt required for "
        "returns.</p><p>TV $499.00, phone $299.00</p>",
        "Deals <d@deals.example>", "This week: receipts from $10",
    ),
    page(
        "order form", ("PURCHASE ORDER",), ("Acme Ltd",), ("PO Number: PO-7781",), ("Date: 5 March 2024",),
        ("Vendor: Widget Co",), ("Total", "$500.00"),
    ),
    page(
        "delivery", ("Lieferschein Nr. 5512",), ("Acme GmbH",), ("Rechnungsnummer folgt",), ("Datum: 05.03.2024",),
        ("Warenwert", "100,00 EUR"),
    ),
    page(
        "contract", ("Service Agreement",), ("between Acme Ltd and Widget Co",),
        ("Total contract value: $50,000.00",), ("Date: 5 March 2024",), ("Contract no. C-2024-17",),
    ),
    page(
        "bank", ("Monthly bank statement",), ("Account no. 12345678",), ("Period 01.02.2024 - 29.02.2024",),
        ("Invoice payment 881234", "-50.00"), ("Closing balance", "$1,250.00"), ("Total debits", "$50.00"),
    ),
)  # fmt: skip
