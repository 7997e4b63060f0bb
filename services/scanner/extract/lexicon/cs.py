"""Czech and Slovak, as far as they share their words."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "faktura, faktury, faktúra, faktúry, daňový doklad, faktura - daňový doklad",
    Term.RECEIPT: "účtenka, paragon, pokladní doklad, potvrzení o platbě, bloček",
    Term.CREDIT: "dobropis, opravný daňový doklad",
    Term.ORDER: "objednávka, objednávky, rezervace",
    Term.DOCUMENT: "doklad, dokladu, dokument",
    Term.OTHER_DOCUMENT: (
        "nabídka, dodací list, zálohová faktura, výpis z účtu, upomínka, ceník, výplatní páska, smlouva, proforma"
    ),
    Term.NUMBER: "číslo, č, č., čís",
    Term.REFERENCE: "variabilní symbol, var. symbol, vs",
    Term.DATE: "datum, dátum, dne",
    Term.ISSUED: "vystavení, vystaveno, vystavenia, datum vystavení, dátum vystavenia",
    Term.DUE: "splatnost, splatnosti, datum splatnosti, dátum splatnosti, splatné do, splatno, splatná dne",
    Term.OTHER_DATE: "zdanitelného, plnění, uskutečnění, duzp, dodání, dodania, objednání",
    Term.TOTAL: "celkem, celkom, součet, suma, spolu",
    Term.GRAND: "celková částka, částka celkem, celkem s dph, cena celkem",
    Term.SUBTOTAL: "mezisoučet, medzisúčet",
    Term.NET: "bez dph, základ, základ daně, základ dph, cena bez dph",
    Term.GROSS: "s dph, vč. dph, včetně dph",
    Term.TAX: "dph, daň, výše dph",
    Term.AMOUNT: "částka, suma k úhradě",
    Term.PAYABLE: "k úhradě, celkem k úhradě, k zaplacení, zbývá uhradit, na úhradu, zaplatit",
    Term.PAID: "uhrazeno, zaplaceno, uhradené",
    Term.ADJUSTMENT: "sleva, doprava, poštovné, záloha, zaokrouhlení, zaokrúhlenie",
    Term.UNIT: "cena, množství, mj, jednotková cena, sazba, popis, cena za mj, sazba dph",
    Term.SELLER: "dodavatel, dodávateľ, prodávající, prodejce",
    Term.BUYER: "odběratel, odberateľ, zákazník, kupující, fakturační adresa, dodací adresa, příjemce",
    Term.CUSTOMER: "zákazník, zákazníka",
    Term.TAX_ID: "dič, ič dph",
    Term.OTHER_ID: "ičo, ič, telefon, tel, účet, číslo účtu, iban, bic, swift, banka, konstantní symbol, ks, strana",
    Term.NAME: "název, jméno, firma",
    Term.CONTACT: "telefon, tel, e-mail, email, web, mobil",
    Term.FILLER: "a, v, na, do, za, od, kč",
}
