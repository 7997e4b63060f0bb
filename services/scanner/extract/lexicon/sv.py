"""Swedish."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "faktura, fakturan, räkning, fakturerings, fakturerat, avi, hyresavi, fakturering",
    Term.RECEIPT: "kvitto, kassakvitto, köpbevis, kvittens, betalningskvitto",
    Term.CREDIT: "kreditfaktura, kreditnota, kredit faktura",
    Term.ORDER: "order, beställning, beställnings, bokning, boknings, köp, orderbekräftelse, reservation, "
    "bekräftelse, transaktion",
    Term.DOCUMENT: "dokument, verifikation, verifikations",
    Term.OTHER_DOCUMENT: (
        "offert, kontoutdrag, följesedel, packsedel, proformafaktura, proforma, påminnelse, betalningspåminnelse, "
        "krav, lönespecifikation, lönebesked, prislista, avtal, katalog, kontrolluppgift, inkassokrav"
    ),
    Term.NUMBER: "nummer, nr, nr., no, id",
    Term.REFERENCE: "referens, ref, vår referens, er referens, ocr, ocr-nummer, ocr-nr, betalningsreferens, meddelande",
    Term.DATE: "datum, den, dat",
    Term.ISSUED: "utfärdad, utfärdat, utfärdande, utställd, köp, utfärdande datum, skapad",
    Term.DUE: (
        "förfallo, förfallodatum, förfallodag, förfaller, betala senast, betalas senast, sista betalningsdag, sista "
        "betalningsdatum, oss tillhanda, oss tillhanda senast, tillhanda, att betala senast, betaldatum, betalning "
        "senast, förfall, betalningsdatum"
    ),
    Term.OTHER_DATE: (
        "leverans, leverans-, period, födelse, utskrift, start, slut, avresa, ankomst, avser, prestation, giltig, "
        "avtals, tjänst"
    ),
    Term.TOTAL: "total, totalt, summa, sammanlagt, totalsumma",
    Term.GRAND: (
        "totalbelopp, fakturabelopp, totalsumma, slutsumma, fakturasumma, summa att betala, ordersumma, ordervärde"
    ),
    Term.SUBTOTAL: "delsumma, delbelopp, varuvärde, mellansumma",
    Term.NET: (
        "netto, nettobelopp, exkl, exklusive, utan moms, momsunderlag, momspliktigt, ex moms, exkl., underlag, "
        "beskattningsunderlag"
    ),
    Term.GROSS: "brutto, inkl, inklusive, med moms, inkl., bruttobelopp",
    Term.TAX: "moms, mervärdesskatt, momsbelopp, skatt, varav moms, total moms, moms totalt, summa moms",
    Term.AMOUNT: "belopp, saldo, värde, pris totalt",
    Term.PAYABLE: (
        "att betala, kvar att betala, betala, belopp att betala, utestående, betalas, totalt att betala, återstår att "
        "betala"
    ),
    Term.PAID: "betalt, betalat, erhållet, mottaget, kontant, förskott, inbetalt, betalning",
    Term.ADJUSTMENT: (
        "rabatt, frakt, porto, avgift, fakturaavgift, expeditionsavgift, öresavrundning, avrundning, dricks, pant, "
        "deposition, presentkort, växel, ränta, öresutjämning, rot, rut, skattereduktion, fraktkostnad, leverans"
    ),
    Term.UNIT: (
        "pris, antal, á-pris, a-pris, apris, enhet, styckpris, sats, benämning, beskrivning, artikel, st, momssats, "
        "timmar, specifikation, produkt"
    ),
    Term.SELLER: (
        "säljare, leverantör, avsändare, från, utställare, såld av, betalningsmottagare, mottagare av betalning"
    ),
    Term.BUYER: (
        "kund, köpare, till, faktureras till, faktureringsadress, leveransadress, mottagare, fakturaadress, "
        "beställare, faktura till, fakturamottagare"
    ),
    Term.CUSTOMER: "kund, kundens, medlems, er",
    Term.TAX_ID: (
        "momsreg, momsreg.nr, momsreg nr, momsregistreringsnummer, vat-nr, vat nr, momsnr, vat-nummer, moms nr, "
        "momsnummer, moms reg nr, momsreg-nr, moms/vat"
    ),
    Term.OTHER_ID: (
        "telefon, tel, fax, mobil, iban, bic, swift, bankgiro, plusgiro, postgiro, konto, kontonummer, bank, org nr, "
        "orgnr, org.nr, organisationsnummer, organisationsnr, org-nr, kund, kundnr, kundnummer, sida, artikel, art "
        "nr, artnr, gln, projekt, avtal, bg, pg, swish, personnummer, clearing, ordernr kund, anläggnings"
    ),
    Term.NAME: "namn, företag, företagsnamn, firma",
    Term.CONTACT: "telefon, tel, fax, mobil, e-post, epost, email, webb, hemsida, webbplats",
    Term.FILLER: "och, i, på, för, av, till, den, det, en, ett, med, vid, din, ditt, er, vår, kr, sek, varav",
}
