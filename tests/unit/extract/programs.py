"""Invoices as widespread billing programs print them, with other names and amounts."""

from tests.unit.extract.layouts import body, page, rows

PROGRAMS = (
    page(
        "easy", ("Sample Corp", "INVOICE"), ("Sample Street 123",), ("1234 AB Sampletown",), ("Netherlands",),
        ("Client Corp", "Number: 2021.0001"), ("Clientstreet 456", "Date: 12-12-2021"),
        ("4567 CD Clientcity", "Due Date: 31-12-2021"), ("Products", "Quantity  Price  Total"),
        ("Item one", "€ 33.87"), ("Subtotal:", "€ 33.87"), ("VAT 6%:", "€ 2.03"), ("Total:", "€ 35.90"),
        total="35.90", invoice_number="2021.0001", issue_date="2021-12-12", due_date="2021-12-31",
        vendor="Sample Corp", currency="EUR", net="33.87", tax="2.03",
    ),
    page(
        "generator", ("Bright Ideas Studio", "INVOICE"), ("", "# 1042"), ("Bill To:", "Date: Mar 3, 2024"),
        ("Jane Roe", "Payment Terms: Net 30"), ("5 High St", "Due Date: Apr 2, 2024"), ("", "Balance Due: $110.00"),
        ("Item", "Amount"), ("Logo", "$100.00"), ("Subtotal:", "$100.00"), ("Tax (10%):", "$10.00"),
        ("Total:", "$110.00"),
        total="110.00", invoice_number="1042", issue_date="2024-03-03", due_date="2024-04-02",
        vendor="Bright Ideas Studio", currency="USD",
    ),
    page(
        "zoho", ("Zylker Design Labs", "TAX INVOICE"), ("14B, Northern Street", "Invoice# INV-000012"),
        ("Greater South Avenue", "Balance Due"), ("New York 10001", "$662.75"), ("Invoice Date :", "05 Aug 2018"),
        ("Terms :", "Due on Receipt"), ("Due Date :", "05 Aug 2018"), ("Bill To",), ("Jack Little",),
        ("Sub Total", "630.00"), ("Sample Tax1 (4.70%)", "11.75"), ("Sample Tax2 (7.00%)", "21.00"),
        ("Total", "$662.75"), ("Payment Made", "(-) 100.00"), ("Balance Due", "$562.75"),
        total="662.75", invoice_number="INV-000012", issue_date="2018-08-05", vendor="Zylker Design Labs",
        currency="USD",
    ),
    page(
        "quickbooks", ("Craig's Landscaping",), ("INVOICE",), ("BILL TO", "INVOICE # 1001"),
        ("Amy Lauterbach", "DATE 01/15/2024"), ("Amy's Bird Sanctuary", "DUE DATE 02/14/2024"),
        ("", "TERMS Net 30"), ("DESCRIPTION", "AMOUNT"), ("Gardening", "$100.00"), ("SUBTOTAL", "100.00"),
        ("TAX", "8.00"), ("TOTAL", "108.00"), ("BALANCE DUE", "$108.00"),
        total="108.00", invoice_number="1001", issue_date="2024-01-15", due_date="2024-02-14",
        vendor="Craig's Landscaping",
    ),
    page(
        "xero", ("TAX INVOICE", "Invoice Date"), ("Ridgeway University", "3 Mar 2024"), ("", "Invoice Number"),
        ("", "INV-0027"), ("", "Reference"), ("", "P/O 9711"), ("", "VAT Number"), ("", "GB 101 0101 01"),
        ("", "Demo Company (UK)"), ("", "23 Main Street"), ("Description", "Amount GBP"), ("Workshop", "500.00"),
        ("Subtotal", "500.00"), ("TOTAL VAT 20%", "100.00"), ("TOTAL GBP", "600.00"), ("Due Date: 12 Mar 2024",),
        total="600.00", net="500.00", tax="100.00", invoice_number="INV-0027", issue_date="2024-03-03",
        due_date="2024-03-12", currency="GBP",
    ),
    page(
        "odoo", ("My Company",), ("250 Executive Park Blvd",), ("San Francisco CA 94134",), ("Deco Addict",),
        ("77 Santa Barbara Rd",), ("Pleasant Hill CA 94523",), ("Invoice INV/2024/00003",),
        ("Invoice Date:", "Due Date:"), ("03/13/2024", "04/30/2024"), ("Untaxed Amount", "$ 100.00"),
        ("Tax 15%", "$ 15.00"), ("Total", "$ 115.00"), ("Amount Due", "$ 115.00"),
        total="115.00", net="100.00", tax="15.00", invoice_number="INV/2024/00003", issue_date="2024-03-13",
        due_date="2024-04-30", vendor="My Company",
    ),
    page(
        "contoso", ("CONTOSO LTD.", "INVOICE"), ("Contoso Headquarters", "INVOICE: INV-100"),
        ("123 456th St", "INVOICE DATE: 11/15/2019"), ("New York, NY, 10001", "DUE DATE: 12/15/2019"),
        ("", "CUSTOMER NAME: FABRIKAM CORPORATION"), ("", "SERVICE PERIOD: 10/14/2019 - 11/14/2019"),
        ("", "CUSTOMER ID: CID-12345"), ("BILL TO:", "SHIP TO:"), ("Fabrikam Finance", "Fabrikam Delivery"),
        ("SUBTOTAL", "$100.00"), ("SALES TAX", "$10.00"), ("TOTAL", "$110.00"),
        ("PREVIOUS UNPAID BALANCE", "$500.00"), ("AMOUNT DUE", "$610.00"),
        total="110.00", net="100.00", tax="10.00", invoice_number="INV-100", issue_date="2019-11-15",
        due_date="2019-12-15", vendor="CONTOSO LTD.",
    ),
    page(
        "brasil", ("Padaria Boa Vista Ltda",), ("CNPJ 12.345.678/0001-90",), ("NOTA FISCAL Nº 000123",),
        ("Data de emissão: 15/03/2024",), ("Cliente: João Lima",), ("Subtotal", "R$ 1.000,00"),
        ("Desconto", "R$ 100,00"), ("Valor Total", "R$ 900,00"),
        total="900.00", invoice_number="000123", issue_date="2024-03-15", vendor="Padaria Boa Vista Ltda",
        currency="BRL",
    ),
    page(
        "checks", ("INVOICE",), ("Invoice No: 8841", "Date: 4/25/2024"), ("To: Jane Roe",),
        ("Painting", "$1,250.00"), ("Total Due", "$1,250.00"), ("Make all checks payable to Acme Painting LLC",),
        total="1250.00", invoice_number="8841", issue_date="2024-04-25", vendor="Acme Painting LLC",
    ),
    page(
        "bilingual", ("Brouwerij Zenne BV",), ("FACTUUR / FACTURE",), ("Factuurnr. / N° facture", "2024/118"),
        ("Datum / Date", "12/02/2024"), ("Vervaldag / Échéance", "13/03/2024"), ("Klant / Client", "Café du Parc"),
        ("Totaal excl. btw / Total HTVA", "200,00 €"), ("BTW / TVA 21%", "42,00 €"), ("Totaal / Total", "242,00 €"),
        ("BTW BE 0123.456.789",),
        total="242.00", net="200.00", tax="42.00", invoice_number="2024/118", issue_date="2024-02-12",
        due_date="2024-03-13", vendor="Brouwerij Zenne BV",
    ),
    page(
        "hungarian-symbol", ("Kft Teszt Kft.",), ("INVOICE",), ("Invoice no.", "H-2024-77"),
        ("Date", "2024.03.05."), ("Total", "12 700 Ft"),
        total="12700", invoice_number="H-2024-77", issue_date="2024-03-05", currency="HUF",
    ),
    page(
        "jpn", ("Sakura Trading",), ("Invoice",), ("Invoice number", "JP-2024-5"), ("Issue date", "2024/03/05"),
        ("Total", "¥12,700"),
        total="12700", invoice_number="JP-2024-5", issue_date="2024-03-05", currency="JPY", vendor="Sakura Trading",
    ),
    page(
        "credit", ("Acme Ltd",), ("CREDIT NOTE",), ("Credit note no.", "CN-2024-17"), ("Original invoice", "INV-1"),
        ("Date", "5 March 2024"), ("Net", "-£100.00"), ("VAT 20%", "-£20.00"), ("Total credit", "-£120.00"),
        total="-120.00", invoice_number="CN-2024-17", issue_date="2024-03-05", kind="credit_note",
        vendor="Acme Ltd",
    ),
    page(
        "deposit", ("Bau Meister GmbH",), ("Schlussrechnung",), ("Rechnungs-Nr. 2024-88",),
        ("Rechnungsdatum 05.03.2024",), ("Nettosumme", "10.000,00 EUR"), ("19 % MwSt.", "1.900,00 EUR"),
        ("Rechnungsbetrag", "11.900,00 EUR"), ("abzgl. Abschlagszahlung", "-5.950,00 EUR"),
        ("Zahlbetrag", "5.950,00 EUR"),
        total="11900.00", net="10000.00", tax="1900.00", invoice_number="2024-88", issue_date="2024-03-05",
        vendor="Bau Meister GmbH",
    ),
    page(
        "reverse", ("Pixel Forge Oy",), ("Lasku",), ("Laskun numero", "1042"), ("Päiväys", "5.3.2024"),
        ("Eräpäivä", "19.3.2024"), ("Asiakas", "Nordic Foods AB"), ("Veroton yhteensä", "1 000,00"),
        ("ALV 0 % (käännetty verovelvollisuus)", "0,00"), ("Maksettava yhteensä", "1 000,00 EUR"),
        ("Y-tunnus 1234567-8", "ALV-tunnus FI12345678"),
        total="1000.00", net="1000.00", tax="0.00", invoice_number="1042", issue_date="2024-03-05",
        due_date="2024-03-19", vendor="Pixel Forge Oy", vendor_tax_id="FI12345678",
    ),
    body(
        "plain order",
        "<p>Dear Jane,</p><p>Thank you for shopping with us.</p><p>Order Number: 100004561<br>Order "
        "Date: March 5, 2024</p>"
        + rows(("Item", "Qty", "Price"), ("Lamp", "1", "$40.00"))
        + rows(
            ("Item Total", "$40.00"), ("Shipping &amp; Handling", "$5.00"), ("Estimated Tax", "$3.60"),
            ("Order Total", "$48.60"),
        )
        + "<p>© 2024 Lampworld, Inc. All rights reserved.</p>",
        "orders@lampworld.example", "Your order confirmation",
        total="48.60", tax="3.60", invoice_number="100004561", issue_date="2024-03-05", vendor="Lampworld, Inc.",
    ),
    body(
        "airline",
        "<h1>Your e-ticket receipt</h1><p>Booking reference: X7K2PQ</p><p>Date of purchase: 5 Mar 2024</p>"
        + rows(("Fare", "EUR 120.00"), ("Taxes and fees", "EUR 35.40"), ("Total amount paid", "EUR 155.40")),
        "SkyHop Airlines <noreply@skyhop.example>", "Your e-ticket receipt X7K2PQ",
        total="155.40", issue_date="2024-03-05", vendor="SkyHop Airlines", currency="EUR",
    ),
    body(
        "spanish mail",
        "<h2>Gracias por tu compra</h2><p>Pedido n.º 88123</p><p>Fecha: 5 de marzo de 2024</p>"
        + rows(("Camiseta", "19,99 €"), ("Envío", "4,01 €"), ("Total", "24,00 €"))
        + "<p>IVA incluido: 4,17 €</p>",
        "Moda Sol <hola@modasol.example>", "Confirmación de pedido 88123",
        total="24.00", invoice_number="88123", issue_date="2024-03-05", vendor="Moda Sol",
    ),
)  # fmt: skip
