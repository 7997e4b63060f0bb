"""Layouts of many countries that separate a value from its label or move a name; all of it is
invented."""

from tests.unit.extract.layouts import body, page, rows

_ITEMS = (("Pen", "10.00"), ("Ink", "20.00"))

DATES = (
    page(
        "loose comma",
        ("Tern Cloud Inc",),
        ("Invoice Number:", "42180017"),
        ("Invoice Date:", "August 3 , 2024"),
        ("Total due", "$4.11"),
        issue_date="2024-08-03",
    ),
    page(
        "short year",
        ("Riley Chen Design",),
        ("INVOICE", "No. 00027"),
        ("", "Jan 30, '25"),
        ("Total Due", "$1,020.00"),
        issue_date="2025-01-30",
        invoice_number="00027",
    ),
    page(
        "one date for two",
        ("Lumen GmbH",),
        ("Rechnung",),
        ("Rechnungs-Nr.:", "LU-2025-71"),
        ("Rechnungs-/Lieferdatum:", "08.02.2025"),
        ("Gesamtbetrag", "39,98 €"),
        issue_date="2025-02-08",
    ),
    page(
        "two named dates",
        ("Lumen GmbH",),
        ("Rechnungsnummer: 2024-03", "Liefer- und Rechnungsdatum: 11. Juli 2024"),
        ("Gesamtbetrag", "39,98 EUR"),
        issue_date="2024-07-11",
        invoice_number="2024-03",
    ),
    page(
        "remark in a label",
        ("Lumen GmbH",),
        ("Rechnung Nr. 17-2025",),
        ("Rechnungsdatum, soweit nicht anders angegeben (Paragraph 14): 30.11.2025",),
        ("Gesamtbetrag", "12,00 EUR"),
        issue_date="2025-11-30",
    ),
    page(
        "swedish",
        ("Posten Syd AB", "Faktura"),
        ("Fakturanummer", "900112233"),
        ("Fakturadatum", "25-02-12"),
        ("Betalas senast", "25-03-14"),
        ("Belopp exkl moms", "840,00"),
        ("Moms 25%", "210,00"),
        ("Summa att betala", "1 050,00 SEK"),
        issue_date="2025-02-12",
        due_date="2025-03-14",
        total="1050.00",
    ),
    page(
        "credit note",
        ("Baustoffe Nord GmbH",),
        ("Gutschrift",),
        ("Gutschriftsnummer:", "GS-2025-0088"),
        ("Datum:", "17.02.2025"),
        ("zu Rechnung: RE-2025-1203 vom 03.02.2025",),
        ("Gutschriftsbetrag", "-250,00 EUR"),
        issue_date="2025-02-17",
        invoice_number="GS-2025-0088",
        kind="credit_note",
    ),
    page(
        "payable until",
        ("Maler Vogt",),
        ("Rechnung 25-0019", "28.01.2025"),
        ("Rechnungsbetrag", "724,71 EUR"),
        ("Zahlbar ohne Abzug bis 11.02.2025",),
        issue_date="2025-01-28",
        due_date="2025-02-11",
        total="724.71",
    ),
    body(
        "date in a sentence",
        "<h1>Merci</h1><p>Bonjour Paul, votre commande n° CMD-77120 du 05/02/2025 est confirmée.</p>"
        + rows(("Lampe", "45,00 €"), ("Total TTC", "45,00 €"))
        + "<p>Maison Brume SAS - 12 rue des Arts 69001 Lyon</p>",
        "documents@example.com",
        "document",
        issue_date="2025-02-05",
        invoice_number="CMD-77120",
        vendor="Maison Brume SAS",
    ),
)

NUMBERS = (
    page(
        "like a date, below",
        ("Numer faktury",),
        ("2/11/2023",),
        ("ABC Develop S.A.",),
        ("Data wystawienia: 2023-11-30",),
        ("Razem: 17 115,45 PLN",),
        invoice_number="2/11/2023",
        issue_date="2023-11-30",
    ),
    page(
        "street beside a label",
        ("TAX INVOICE", "Southern Plumbing Pty Ltd"),
        ("Invoice Number", "22 Wharf Rd"),
        ("INV-0219", "Fremantle WA 6160"),
        ("Invoice Date", "AUSTRALIA"),
        ("18 Feb 2025",),
        ("TOTAL AUD", "165.00"),
        invoice_number="INV-0219",
        total="165.00",
        vendor="Southern Plumbing Pty Ltd",
    ),
    page(
        "running text",
        ("kreis.example b.v.",),
        ("Factuurdatum: 20 april 2022 Factuur nummer:",),
        ("3906541086000 Bestelnummer: 1000965241 Klantnummer: 90117",),
        ("Totaalbedrag", "22,50 EUR"),
        invoice_number="3906541086000",
        issue_date="2022-04-20",
    ),
    body(
        "no label",
        "<p>Thanks for using Tidewater. This is an invoice for your recent purchase.</p>"
        + rows(("<h3>INV-3381</h3>", "<h3>February 14, 2025</h3>"), ("Team plan", "$29.00"), ("Total", "$29.00"))
        + "<p>Tidewater, LLC<br>12 Street Rd.</p>",
        "documents@example.com",
        "document",
        invoice_number="INV-3381",
        vendor="Tidewater, LLC",
    ),
    body(
        "letters and digits",
        "<p>Deine Bestellnummer: QK7R2M</p><p>Bestellt am 10.02.2025 19:22</p>"
        + rows(("1x Pizza", "9,50 €"), ("Gesamtbetrag", "11,50 €"))
        + "<p>Imbiss Ost GmbH, 10997 Berlin</p>",
        "documents@example.com",
        "document",
        invoice_number="QK7R2M",
        vendor="Imbiss Ost GmbH",
    ),
)

SUMS = (
    page(
        "days are no amount",
        ("Muster Treuhand AG",),
        ("Rechnung Nr. 25-0071", "14. Januar 2025"),
        ("Honorar", "CHF 800.00"),
        ("MWST 8.1%", "CHF 64.80"),
        ("Total", "CHF 864.80"),
        ("Zahlbar innert 30 Tagen",),
        total="864.80",
        tax="64.80",
    ),
    page(
        "price with tax",
        ("OVA SAS", "FACTURE"),
        ("Facture n° : FR61234567",),
        ("Prix HT", "5,00 €"),
        ("TVA 20.00%", "1,00 €"),
        ("Prix TTC", "6,00 €"),
        total="6.00",
        net="5.00",
        tax="1.00",
    ),
    page(
        "rand",
        ("Coastal Cleaners",),
        ("Tax Invoice",),
        ("Invoice Number:", "#118"),
        ("Subtotal:", "R1,000.00"),
        ("VAT 15%:", "R150.00"),
        ("Total:", "R1,150.00"),
        total="1150.00",
        currency="ZAR",
        invoice_number="118",
    ),
    body(
        "amount in a remark",
        "<h1>Rechnung</h1><p>Rechnungsnummer: TL-2025-311</p>"
        + rows(("Zwischensumme", "19,80 €"), ("Versand", "4,90 €"), ("Gesamt", "24,70 € (inkl. 1,62 € MwSt.)")),
        "Teehaus <tee@lindner.example>",
        "Rechnung",
        total="24.70",
    ),
)

NAMES = (
    page(
        "form before the name",
        ("SARL MENUISERIE LEROY",),
        ("ZA Les Chênes - 35000 RENNES",),
        ("FACTURE N° 2025-031", "Mme Claire Petit"),
        ("le 11 février 2025", "35200 RENNES"),
        ("Net à payer", "1 595,00 €"),
        vendor="SARL MENUISERIE LEROY",
    ),
    page(
        "tax number of the buyer",
        ("Vandenberg Consulting BV",),
        ("Kerkstraat 15",),
        ("2000 Antwerpen",),
        ("", "Acme Retail NV"),
        ("", "Stationsplein 3"),
        ("", "9000 Gent"),
        ("", "BTW: BE0477472701"),
        ("Factuur INV/2025/00042",),
        ("Factuurdatum: 12/02/2025",),
        ("Totaal", "871,20 EUR"),
        vendor="Vandenberg Consulting BV",
    ),
    page(
        "brand and firm",
        ("MAR - Serviços de Comunicações, S.A.",),
        ("Fatura n.º FT 2025A/12345",),
        ("Data de emissão", "07/02/2025"),
        ("VALOR A PAGAR", "39,99 EUR"),
        vendor="MAR - Serviços de Comunicações, S.A.",
    ),
    body(
        "seller among the items",
        "<p>Bestellnummer: 393-2608279-9292916</p><p>Bestellung aufgegeben am: 15. Mai 2025</p>"
        + rows(("Bestellte Artikel", "Preis"), ("1 Exemplar(e) von: Kaffee", ""))
        + "<p>Verkauf durch: Nordlicht S.a.r.L. (Mitgliedsprofil)</p><p>EUR 16,98</p><p>Gesamtsumme: EUR 16,98</p>",
        "documents@example.com",
        "document",
        vendor="Nordlicht S.a.r.L.",
        total="16.98",
    ),
    body(
        "thanks",
        "<p>Thanks for shopping with us at Cedar &amp; Salt!</p><p>Order no. CS-9918 placed on 2025-02-08</p>"
        + rows(*_ITEMS, ("Order Total:", "$30.00")),
        "documents@example.com",
        "document",
        vendor="Cedar & Salt",
        invoice_number="CS-9918",
    ),
    body(
        "host in words",
        "<p>grazie per il tuo ordine su <b>Bottega Vento</b>.</p><p>Numero ordine: BV-2210</p>"
        "<p>Data ordine: 06/02/2025</p>"
        + rows(("Totale ordine", "23,00 €"))
        + '<a href="https://www.bottegavento.it">bottegavento.it</a>',
        "documents@example.com",
        "document",
        vendor="Bottega Vento",
    ),
    body(
        "copyright with an address",
        "<h1>Rechnung</h1><p>Belegnummer 202601-637</p>"
        + rows(("Endbetrag", "6,41 €"))
        + "<p>© 2026 Huber Silber e.U., Ringstraße 15, 1010 Wien</p>",
        "documents@example.com",
        "document",
        vendor="Huber Silber e.U.",
    ),
)

QUIRKS = (*DATES, *NUMBERS, *SUMS, *NAMES)
