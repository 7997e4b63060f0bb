"""Danish."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "faktura, fakturaen, regning, fakturering, regningen, faktureret",
    Term.RECEIPT: "kvittering, bon, kassebon, købsbevis, betalingskvittering",
    Term.CREDIT: "kreditnota, kreditfaktura",
    Term.ORDER: "ordre, bestilling, bestillings, booking, reservation, køb, ordrebekræftelse, bekræftelse, transaktion",
    Term.DOCUMENT: "dokument, bilag, bilags",
    Term.OTHER_DOCUMENT: (
        "tilbud, kontoudtog, følgeseddel, pakkeseddel, proformafaktura, proforma faktura, rykker, "
        "betalingspåmindelse, lønseddel, prisliste, kontrakt, katalog, påmindelse, årsopgørelse"
    ),
    Term.NUMBER: "nummer, nr, nr., no, id",
    Term.REFERENCE: "reference, ref, vores ref, deres ref",
    Term.DATE: "dato, den, af",
    Term.ISSUED: "udstedt, udstedelses, udstedelse, udskrevet, købs, fakturerings",
    Term.DUE: (
        "forfald, forfalds, forfaldsdato, forfalder, betalingsfrist, betales senest, sidste rettidige betaling, "
        "betalingsdato, senest betalt, sidste betalings, sidste rettidige betalingsdato, betales inden, rettidig "
        "betaling"
    ),
    Term.OTHER_DATE: (
        "levering, leverings, ydelse, periode, fødsels, udskrift, afsendelse, start, slut, afrejse, ankomst, "
        "forsendelse, gyldig"
    ),
    Term.TOTAL: "total, i alt, ialt, sum, totalt, samlet",
    Term.GRAND: (
        "fakturatotal, totalbeløb, samlet beløb, fakturabeløb, total i alt, ordretotal, beløb i alt, ordre i alt"
    ),
    Term.SUBTOTAL: "subtotal, delsum, mellemtotal, varer i alt",
    Term.NET: (
        "netto, nettobeløb, ekskl, eksklusive, uden moms, momsgrundlag, momspligtigt, ekskl., eksklusiv, momspligtigt "
        "beløb, ex"
    ),
    Term.GROSS: "brutto, inkl, inklusive, med moms, inkl., inklusiv, bruttobeløb",
    Term.TAX: "moms, momsbeløb, afgift, heraf moms, afgifter, moms i alt",
    Term.AMOUNT: "beløb, pris i alt, saldo, værdi",
    Term.PAYABLE: (
        "at betale, til betaling, skyldigt, skyldigt beløb, betales, beløb til betaling, restbeløb, udestående, "
        "forfaldent"
    ),
    Term.PAID: "betalt, modtaget, kontant, forudbetalt, betaling",
    Term.ADJUSTMENT: (
        "rabat, fragt, levering, porto, gebyr, forsendelse, drikkepenge, pant, depositum, øreafrunding, gavekort, "
        "renter, rykkergebyr, afrunding"
    ),
    Term.UNIT: (
        "pris, antal, enhedspris, stk, sats, enhed, beskrivelse, vare, stk. pris, varenr, stykpris, timer, momssats, "
        "tekst, produkt"
    ),
    Term.SELLER: "sælger, leverandør, afsender, fra, udsteder, solgt af, kontoindehaver, beløbsmodtager",
    Term.BUYER: (
        "kunde, køber, til, faktureres til, faktura til, leveringsadresse, faktureringsadresse, modtager, att, "
        "fakturaadresse, debitor"
    ),
    Term.CUSTOMER: "kunde, kundens, debitor, medlems, deres",
    Term.TAX_ID: (
        "cvr, cvr-nr, cvr nr, cvr-nummer, se-nr, moms nr, momsnr, momsnummer, cvr. nr, cvr/se, moms-nr, se nr, cvrnr"
    ),
    Term.OTHER_ID: (
        "telefon, tlf, fax, mobil, iban, bic, swift, konto, kontonr, kontonummer, bank, reg. nr, reg nr, regnr, "
        "kunde, kundenr, kundenummer, side, varenr, ean, ean-nr, gln, fik, giro, projekt, kontrakt, rekvisition, "
        "bankkonto, ordre reference"
    ),
    Term.NAME: "navn, firma, virksomhed",
    Term.CONTACT: "telefon, tlf, fax, mobil, e-mail, email, mail, web, hjemmeside",
    Term.FILLER: "og, i, på, for, af, til, den, det, en, et, med, ved, din, dit, vores, kr, dkk, der, heraf",
}
