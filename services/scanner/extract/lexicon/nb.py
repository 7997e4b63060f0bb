"""Norwegian."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "faktura, fakturaen, regning, regningen, fakturering",
    Term.RECEIPT: "kvittering, kassalapp, kassekvittering, salgskvittering",
    Term.CREDIT: "kreditnota, kreditfaktura",
    Term.ORDER: (
        "ordre, bestilling, bestillings, kjøp, reservasjon, ordrebekreftelse, booking, bekreftelse, transaksjon"
    ),
    Term.DOCUMENT: "dokument, bilag, bilags",
    Term.OTHER_DOCUMENT: (
        "tilbud, kontoutskrift, pakkseddel, følgeseddel, proformafaktura, proforma, purring, betalingspåminnelse, "
        "inkassovarsel, lønnsslipp, prisliste, kontrakt, katalog, påminnelse, årsoppgave"
    ),
    Term.NUMBER: "nummer, nr, nr., no, id",
    Term.REFERENCE: "referanse, ref, vår ref, deres ref, kid, kid-nummer, kid-nr, kidnr, kid nr",
    Term.DATE: "dato, den, av",
    Term.ISSUED: "utstedt, utstedelses, utstedelse, kjøps, utskrevet",
    Term.DUE: (
        "forfall, forfalls, forfallsdato, forfaller, betalingsfrist, betales innen, betalingsfristen, betalings, "
        "innen, betal innen"
    ),
    Term.OTHER_DATE: (
        "levering, leverings, periode, fødsels, utskrift, start, slutt, avreise, ankomst, ytelse, forsendelse, gyldig"
    ),
    Term.TOTAL: "total, totalt, sum, til sammen, samlet, totalsum",
    Term.GRAND: "totalbeløp, fakturabeløp, totalsum, sluttsum, fakturatotal, sum å betale, ordretotal, ordresum",
    Term.SUBTOTAL: "delsum, subtotal, varesum, mellomsum, sum varer",
    Term.NET: (
        "netto, nettobeløp, ekskl, eksklusive, uten mva, eks, eks mva, eks. mva, avgiftsgrunnlag, mva-grunnlag, "
        "ekskl., mva grunnlag, grunnlag"
    ),
    Term.GROSS: "brutto, inkl, inklusive, med mva, inkl., bruttobeløp",
    Term.TAX: "mva, merverdiavgift, avgift, herav mva, mva-beløp, mva beløp, moms, sum mva, mva totalt",
    Term.AMOUNT: "beløp, saldo, verdi, pris totalt",
    Term.PAYABLE: (
        "å betale, til betaling, skyldig, skyldig beløp, betales, utestående, beløp å betale, å betale innen, "
        "restbeløp, til gode"
    ),
    Term.PAID: "betalt, mottatt, kontant, forskudd, innbetalt, betaling",
    Term.ADJUSTMENT: (
        "rabatt, frakt, porto, gebyr, fakturagebyr, øreavrunding, avrunding, driks, pant, depositum, gavekort, "
        "renter, fraktkostnad, levering, purregebyr"
    ),
    Term.UNIT: (
        "pris, antall, enhetspris, sats, enhet, beskrivelse, vare, stk, stykkpris, varenr, timer, mva-sats, tekst, "
        "produkt"
    ),
    Term.SELLER: "selger, leverandør, avsender, fra, utsteder, solgt av, betalingsmottaker, kontoeier",
    Term.BUYER: (
        "kunde, kjøper, til, faktureres til, faktura til, fakturaadresse, leveringsadresse, mottaker, att, "
        "faktureringsadresse"
    ),
    Term.CUSTOMER: "kunde, medlems, deres",
    Term.TAX_ID: (
        "org nr mva, orgnr, org.nr, org nr, org. nr, organisasjonsnummer, org-nr, foretaksregisteret, mva-nummer, mva "
        "nr, mva-nr, organisasjonsnr, orgnummer"
    ),
    Term.OTHER_ID: (
        "telefon, tlf, fax, faks, mobil, iban, bic, swift, konto, kontonr, kontonummer, bankkonto, bank, kunde, "
        "kundenr, kundenummer, side, varenr, gln, prosjekt, kontrakt, ehf, rekvisisjon, personnummer"
    ),
    Term.NAME: "navn, firma, bedrift, selskap",
    Term.CONTACT: "telefon, tlf, fax, mobil, e-post, epost, email, web, nettside",
    Term.FILLER: "og, i, på, for, av, til, den, det, en, et, med, ved, din, ditt, vår, kr, nok, herav",
}
