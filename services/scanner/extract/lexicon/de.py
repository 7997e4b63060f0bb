"""German."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: (
        "rechnung, rechnungs, re-nr, rg-nr, rg, abrechnung, schlussrechnung, teilrechnung, abschlagsrechnung, "
        "honorarnote, faktura, honorarrechnung, sammelrechnung, handwerkerrechnung, monatsrechnung, "
        "anzahlungsrechnung, beitragsrechnung, liquidation, gebührenrechnung, kostennote, gebührenbescheid"
    ),
    Term.RECEIPT: "quittung, quittungs, kassenbon, kassenbeleg, bon, zahlungsbeleg, kaufbeleg, zahlungsbestätigung",
    Term.CREDIT: (
        "gutschrift, gutschrifts, stornorechnung, rechnungskorrektur, korrekturrechnung, rückerstattung, "
        "stornogutschrift, storno, kreditnote"
    ),
    Term.ORDER: (
        "bestellung, bestell, auftrag, auftrags, buchung, buchungs, bestellbestätigung, auftragsbestätigung, "
        "bestätigung, bestätigungs, transaktion, transaktions"
    ),
    Term.DOCUMENT: "beleg, dokument, vorgang, vorgangs, dokumenten",
    Term.OTHER_DOCUMENT: (
        "kontoauszug, angebot, kostenvoranschlag, preisliste, lieferschein, mahnung, zahlungserinnerung, "
        "proforma-rechnung, proformarechnung, proforma, lohnabrechnung, gehaltsabrechnung, entgeltabrechnung, "
        "verdienstabrechnung, depotauszug, kontoübersicht, packliste, retourenschein, bescheinigung, vertrag, "
        "katalog, umsatzaufstellung, saldenbestätigung, leistungsverzeichnis, arbeitszeitnachweis, reparaturbericht, "
        "letzte mahnung"
    ),
    Term.NUMBER: "nummer, nr, nr., num, no, re-nr, rg-nr, rechnr",
    Term.REFERENCE: "referenz, ref, zeichen, aktenzeichen, unser zeichen, ihr zeichen, verwendungszweck",
    Term.DATE: "datum, vom, dat, von",
    Term.ISSUED: (
        "ausgestellt, ausstellungs, ausstellung, erstellt, erstellt am, ausgestellt am, belegdatum, kaufdatum, "
        "bestellt am, bestellung aufgegeben, bestellung aufgegeben am, kauf, ausstellungstag, erstellungs"
    ),
    Term.DUE: (
        "fällig, fälligkeit, fälligkeits, fällig am, fällig bis, zahlbar bis, zahlbar bis zum, zahlungsziel, "
        "zahlziel, zahlungstermin, bezahlen bis, zu zahlen bis, zahlungsfrist, zahlbar am, zahlbar zum, zahlbar bis "
        "spätestens, fällig zum, bitte zahlen bis, zahlung bis, bitte überweisen sie bis, zahlungseingang bis, "
        "überweisung bis, zahlung fällig, überweisen sie bis, überweisen sie bis zum, bis spätestens, spätestens bis, "
        "spätestens am, bis zum, zahlungseingang spätestens, zu bezahlen bis, zahlungsziel bis, ohne abzug "
        "bis, ohne abzug bis zum, netto bis"
    ),
    Term.OTHER_DATE: (
        "liefer, lieferung, lieferungs, leistungs, leistung, leistungszeitraum, lieferzeitraum, zeitraum, druck, "
        "geburts, gültig, beginn, ende, versand, anreise, abreise, termin, eingangs, valuta, mahn, skonto, buchungs, "
        "abrechnungszeitraum, von, vertrags, reise, auftrags, stichtag, steuersatz ab, gedruckt am"
    ),
    Term.TOTAL: "summe, gesamt, gesamtsumme, gesamtbetrag, insgesamt, endsumme, total, gesamtpreis, summen",
    Term.GRAND: (
        "endbetrag, rechnungsbetrag, rechnungssumme, gesamtbetrag, gesamtsumme, gesamtpreis, endsumme, "
        "rechnungsendbetrag, bestellwert, gesamtbestellwert, rechnungstotal, rechnungsgesamtbetrag, bestellsumme, "
        "summe der bestellung, auftragssumme, bruttobetrag, bruttosumme, gesamtkosten"
    ),
    Term.SUBTOTAL: "zwischensumme, warenwert, zwischentotal, artikelsumme, übertrag, positionssumme, summe positionen",
    Term.NET: (
        "netto, nettobetrag, nettosumme, nettowert, exkl, exklusive, ohne mwst, ohne ust, ohne mehrwertsteuer, ohne "
        "umsatzsteuer, nettogesamt, gesamtnetto, netto gesamt, nettogesamtbetrag, bemessungsgrundlage, steuerbasis, "
        "steuerpflichtig, rechnungsnetto, nettoentgelt, nettorechnungsbetrag, nettopreis, warennetto, "
        "steuergrundlage, ohne steuer, ohne steuern, vor steuern, nettowarenwert, summe netto, entgelt"
    ),
    Term.GROSS: "brutto, inkl, inklusive, einschl, einschließlich, mit mwst, mit ust, bruttogesamt, incl, bruttowert",
    Term.TAX: (
        "mwst, mehrwertsteuer, ust, umsatzsteuer, steuer, steuern, steuerbetrag, mehrwertsteuerbetrag, ust., mwst., "
        "umsatzsteuerbetrag, mwst-betrag, steueranteil, versicherungssteuer, versicherungsteuer, zzgl mwst, zuzüglich "
        "mwst, zzgl ust, enthaltene mwst, vorsteuer, mwst gesamt, mwst.-betrag, ust-betrag, summe mwst"
    ),
    Term.AMOUNT: "betrag, wert, preis gesamt, kosten, gebühr, saldo",
    Term.PAYABLE: (
        "zahlbetrag, zu zahlen, zu bezahlen, zahlbar, zahlbarer betrag, offener betrag, offen, restbetrag, zu "
        "zahlender betrag, fälliger betrag, zu überweisen, forderung, noch zu zahlen, überweisungsbetrag, "
        "abbuchungsbetrag, zu begleichen, zu begleichender betrag, restzahlung, offener saldo"
    ),
    Term.PAID: (
        "bezahlt, gezahlt, erhalten, gegeben, anzahlung, bereits gezahlt, vorauszahlung, bar, zahlung, zahlungen"
    ),
    Term.ADJUSTMENT: (
        "geschenkgutschein, geschenkkarte, guthaben, rabatt, nachlass, versand, versandkosten, gutschein, erstattet, "
        "anzahlung, umsatz, skonto, porto, fracht, lieferkosten, trinkgeld, pfand, rückgeld, mahngebühr, "
        "mahngebühren, rundung, verpackung, aktionsrabatt, bearbeitungsgebühr, zuschlag, abzug, abzüglich, zinsen, "
        "verzugszinsen, versandpauschale, abschlag, rundungsdifferenz, kaution, zuschläge, versand und verpackung, "
        "nachnahme, liefergebühr, servicegebühr"
    ),
    Term.UNIT: (
        "preis, anzahl, satz, menge, einzelpreis, einheit, stück, stk, stückpreis, pos, position, artikel, "
        "bezeichnung, beschreibung, stunden, stundensatz, einzel, e-preis, ep, gp, steuersatz, g-preis, mwst-satz, "
        "ust-satz, leistung, produkt"
    ),
    Term.SELLER: (
        "bitte überweisen an, zahlung an, verkäufer, lieferant, rechnungssteller, leistungserbringer, absender, "
        "anbieter, von, aussteller, kontoinhaber, zahlungsempfänger, empfänger der zahlung, begünstigter, verkauf "
        "durch, verkauft von, rechnung von, auftragnehmer, inhaber, verkauf und versand durch"
    ),
    Term.BUYER: (
        "kunde, käufer, rechnungsempfänger, leistungsempfänger, rechnungsadresse, rechnungsanschrift, lieferadresse, "
        "lieferanschrift, rechnung an, auftraggeber, empfänger, an, besteller, kundin, herrn, frau, firma, bestellt "
        "von, ihre rechnungsadresse, rechnung für, versandadresse, warenempfänger, mieter, versicherungsnehmer, "
        "erwerber, kundenanschrift, kundenadresse, z. hd., zu händen, herr, familie"
    ),
    Term.CUSTOMER: "kunde, kunden, mitglied, mitglieds, debitor, debitoren, ihre, ihr, mandant, mandanten, patient",
    Term.TAX_ID: (
        "ust-idnr, ust-id, ustid, ust-id-nr, ust id nr, ust-ident-nr, umsatzsteuer-id, "
        "umsatzsteuer-identifikationsnummer, umsatzsteueridentifikationsnummer, uid, uid-nr, uid-nummer, mwst-nr, "
        "mwst-nummer, steuernummer, steuer-nr, st.-nr, stnr, ust-nr, ust-idnr., ust.-id, ust.-idnr, ust.-id.-nr, "
        "ust-id.-nr, vat-id, mwst nr, ustidnr, umsatzsteuer id, steuer nr, ust.-ident-nr, ust-identnr, "
        "ust-identifikationsnummer, umsatzsteuer-ident-nr, mwst-id, umsatzsteuernummer, ust-id nr, ust-idnummer"
    ),
    Term.OTHER_ID: (
        "konto, kontonummer, telefon, tel, fax, telefax, mobil, iban, bic, hrb, hra, handelsregister, blz, bank, "
        "bankleitzahl, artikel, artikelnummer, kunden, kundennummer, lieferschein, lieferscheinnummer, seite, "
        "bestellnummer kunde, projekt, vertrag, vertrags, vertragsnummer, gläubiger, mandatsreferenz, gerichtsstand, "
        "amtsgericht, registergericht, charge, zähler, zählernummer, kennzeichen, leitweg, leitweg-id, filiale, "
        "kasse, kostenstelle, sachbearbeiter, ihre bestellnummer, personalnummer, versicherungsnummer, gln, "
        "kundenauftrag"
    ),
    Term.NAME: "name, firma, firmenname",
    Term.CONTACT: "telefon, tel, fax, telefax, mobil, e-mail, email, web, internet, homepage",
    Term.FILLER: (
        "der, die, das, des, am, zum, für, von, und, in, ihre, ihr, unsere, zu, bis, ist, mit, im, davon, darin, "
        "enthalten, enthaltene, zzgl, zuzüglich, ein, eine, den, aus, auf, bitte, alle, wird, laut, gem, beträge, "
        "sofort"
    ),
}
