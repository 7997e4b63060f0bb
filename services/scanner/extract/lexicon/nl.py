"""Dutch."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "factuur, facturen, nota, rekening, factuurs, verzamelfactuur, eindfactuur, betaaloverzicht",
    Term.RECEIPT: "kassabon, bon, ontvangstbewijs, betaalbewijs, aankoopbewijs, kwitantie, bonnetje, aankoopbon",
    Term.CREDIT: "creditnota, creditfactuur, credit factuur, correctiefactuur, credit nota",
    Term.ORDER: "bestelling, bestel, order, opdracht, boeking, boekings, reservering, aankoop, orderbevestiging, "
    "bevestiging, transactie",
    Term.DOCUMENT: "document, boekstuk",
    Term.OTHER_DOCUMENT: (
        "offerte, rekeningafschrift, rekeningoverzicht, pakbon, vrachtbrief, leverbon, proformafactuur, pro forma "
        "factuur, herinnering, betalingsherinnering, aanmaning, loonstrook, salarisstrook, salarisspecificatie, "
        "prijslijst, contract, overeenkomst, catalogus, prijsopgave, jaaropgave, loonspecificatie, afleverbon"
    ),
    Term.NUMBER: "nummer, nr, nr., num, no, n°",
    Term.REFERENCE: "referentie, ref, kenmerk, uw kenmerk, ons kenmerk, betalingskenmerk, uw referentie",
    Term.DATE: "datum, van, d.d, dd",
    Term.ISSUED: "uitgifte, uitgegeven, opgemaakt, aangemaakt, aangemaakt op, uitgiftedatum, aankoop, besteld op",
    Term.DUE: (
        "verval, vervalt, vervaldag, vervaldatum, te betalen voor, uiterste betaaldatum, betalen voor, uiterlijk "
        "betalen, betaaltermijn, uiterlijk te betalen op, te voldoen voor, betaal voor, uiterste betaal, betalen "
        "vóór, te betalen vóór, uiterlijke betaaldatum, betaling voor, voor of op, te betalen op, betaling uiterlijk, "
        "betaaldatum, uiterste, vóór, betaling vóór, voldoen voor"
    ),
    Term.OTHER_DATE: (
        "lever, levering, verzend, verzending, dienst, periode, geboorte, print, begin, eind, vertrek, aankomst, "
        "geldig, uitvoering, bezorg, besteld, verblijf, prestatie, contract, volgende"
    ),
    Term.TOTAL: "totaal, som, totalen, totaalbedrag, totaalprijs",
    Term.GRAND: (
        "totaalbedrag, factuurtotaal, factuurbedrag, eindtotaal, eindbedrag, totaal factuur, ordertotaal, totaalprijs"
    ),
    Term.SUBTOTAL: "subtotaal, sub-totaal, sub totaal, tussentotaal, artikelen",
    Term.NET: (
        "netto, nettobedrag, excl, exclusief, grondslag, ex btw, zonder btw, ex. btw, maatstaf, belastbaar, maatstaf "
        "van heffing, exc, belastbare basis, nettototaal"
    ),
    Term.GROSS: "bruto, incl, inclusief, met btw, inc, brutobedrag",
    Term.TAX: (
        "btw, b.t.w, b.t.w., belasting, omzetbelasting, waarvan btw, totaal btw, btw-bedrag, btw bedrag, "
        "toeristenbelasting"
    ),
    Term.AMOUNT: "bedrag, waarde, kosten, saldo",
    Term.PAYABLE: (
        "te betalen, te voldoen, openstaand, openstaand bedrag, nog te betalen, te betalen bedrag, verschuldigd, "
        "verschuldigd bedrag, totaal te betalen, totaal te voldoen, te ontvangen, af te schrijven, resterend bedrag"
    ),
    Term.PAID: "betaald, voldaan, reeds betaald, aanbetaling, ontvangen, betaald bedrag, contant, pin, betaling",
    Term.ADJUSTMENT: (
        "korting, verzendkosten, verzending, bezorgkosten, porto, statiegeld, fooi, wisselgeld, aanbetaling, toeslag, "
        "afronding, cadeaubon, waardebon, kortingscode, vracht, vrachtkosten, administratiekosten, rente, borg, "
        "kredietbeperking, betalingskorting, retour, bespaard, transportkosten"
    ),
    Term.UNIT: (
        "prijs, aantal, stuksprijs, eenheidsprijs, tarief, eenheid, omschrijving, artikel, per stuk, hoeveelheid, "
        "uren, btw-tarief, btw %, uurtarief, prijs per stuk, product, stuk"
    ),
    Term.SELLER: (
        "verkoper, leverancier, afzender, verkocht door, van, opdrachtnemer, factuur van, begunstigde, ten name van, "
        "t.n.v, rekeninghouder, verkoop door, op naam van"
    ),
    Term.BUYER: (
        "klant, koper, factuuradres, afleveradres, bezorgadres, verzendadres, factuur aan, aan, afnemer, ontvanger, "
        "opdrachtgever, geadresseerde, t.a.v, ter attentie van, facturatieadres, klantgegevens, gefactureerd aan, "
        "leveradres, factureren aan, besteld door, factuurgegevens"
    ),
    Term.CUSTOMER: "klant, klanten, debiteur, debiteuren, relatie, uw, lid, lidmaatschaps",
    Term.TAX_ID: (
        "btw-nummer, btw nummer, btw-nr, btw nr, btw-id, btw id, btw-identificatienummer, ob-nummer, btw, btwnr, "
        "ondernemingsnummer, btw-ident, btw-id nummer, btwnummer"
    ),
    Term.OTHER_ID: (
        "telefoon, tel, fax, mobiel, iban, bic, kvk, kvk-nummer, kvk nummer, kamer van koophandel, handelsregister, "
        "rekeningnummer, rekening, bank, klant, klantnummer, pagina, artikel, artikelnummer, project, contract, "
        "pakbon, pakbonnummer, relatienummer, ean, meter, polis, kenteken, tracking, giro"
    ),
    Term.NAME: "naam, bedrijf, bedrijfsnaam",
    Term.CONTACT: "telefoon, tel, fax, mobiel, e-mail, email, web, website, internet",
    Term.FILLER: (
        "de, het, een, van, voor, en, in, op, uw, ons, onze, te, aan, per, is, bij, met, door, deze, over, waarvan"
    ),
}
