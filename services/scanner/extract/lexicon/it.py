"""Italian."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "fattura, fatture, parcella, fattura immediata, fattura differita, fatturazione, bolletta",
    Term.RECEIPT: "ricevuta, scontrino, ricevuta fiscale, ricevuta di pagamento, documento commerciale, quietanza",
    Term.CREDIT: "nota di credito, nota credito, nota di accredito, accredito, fattura rettificativa",
    Term.ORDER: "ordine, acquisto, prenotazione, transazione, conferma, conferma d'ordine, conferma ordine",
    Term.DOCUMENT: "documento, doc",
    Term.OTHER_DOCUMENT: (
        "preventivo, offerta, estratto conto, documento di trasporto, ddt, bolla, bolla di consegna, fattura "
        "proforma, fattura pro forma, proforma, pro forma, avviso di parcella, sollecito, sollecito di pagamento, "
        "busta paga, cedolino, listino, listino prezzi, contratto, catalogo, certificato"
    ),
    Term.NUMBER: "numero, num, n°, nº, n, nr, n., nro",
    Term.REFERENCE: "riferimento, rif, vs rif, ns rif, vostro riferimento",
    Term.DATE: "data, del, in data, dd",
    Term.ISSUED: "emissione, emessa, emesso, emessa il, data emissione, data documento, acquisto",
    Term.DUE: (
        "scadenza, data scadenza, data di scadenza, scadenze, scade il, da pagare entro, entro il, pagare entro, "
        "pagamento entro, scadenza pagamento, da pagare entro il"
    ),
    Term.OTHER_DATE: (
        "consegna, spedizione, trasporto, prestazione, periodo, nascita, stampa, inizio, fine, partenza, arrivo, "
        "competenza, validità, soggiorno, contratto"
    ),
    Term.TOTAL: "totale, totali, somma, tot, complessivo",
    Term.GRAND: "totale fattura, totale documento, importo totale, totale generale, totale ordine, totale complessivo",
    Term.SUBTOTAL: "subtotale, sub-totale, totale parziale, totale articoli, totale merce, totale prodotti",
    Term.NET: (
        "imponibile, netto, senza iva, iva esclusa, totale imponibile, escluso iva, al netto, importo netto, totale "
        "netto, base imponibile, esclusa iva, al netto di iva, netto merce"
    ),
    Term.GROSS: (
        "lordo, iva inclusa, iva compresa, con iva, ivato, comprensivo di iva, tasse incluse, iva incl, inclusa iva"
    ),
    Term.TAX: (
        "iva inclusa, iva compresa, con iva, tasse incluse, iva incl, inclusa iva, iva, i.v.a, i.v.a., imposta, "
        "imposte, totale iva, importo iva, totale imposta, di cui iva, imposte e tasse"
    ),
    Term.AMOUNT: "importo, valore, saldo",
    Term.PAYABLE: (
        "da pagare, totale da pagare, netto a pagare, a pagare, importo dovuto, totale dovuto, dovuto, importo da "
        "pagare, saldo dovuto, totale a pagare, netto da pagare, da saldare, da versare"
    ),
    Term.PAID: "pagato, importo pagato, totale pagato, acconto, incassato, contante, contanti, pagamento",
    Term.ADJUSTMENT: (
        "sconto, spedizione, spese, spese di spedizione, trasporto, acconto, ritenuta, ritenuta d'acconto, bollo, "
        "marca da bollo, arrotondamento, resto, mancia, buono, cassa, rivalsa, cauzione, imballo, contributo, spese "
        "incasso, abbuono, coupon, rivalsa inps, spese di trasporto, cassa previdenza, spese bollo"
    ),
    Term.UNIT: (
        "prezzo, prezzo unitario, quantità, qtà, q.tà, aliquota, unità, descrizione, articolo, um, u.m, prezzo unit, "
        "% iva, aliquota iva, p. unitario, ore, prodotto, codice articolo"
    ),
    Term.SELLER: (
        "venditore, fornitore, cedente, prestatore, emittente, mittente, venduto da, cedente/prestatore, da, "
        "intestatario, beneficiario, cedente prestatore, dati del fornitore, intestato a"
    ),
    Term.BUYER: (
        "cliente, destinatario, cessionario, committente, spett, spett.le, spettabile, fatturare a, indirizzo di "
        "fatturazione, indirizzo di spedizione, indirizzo di consegna, acquirente, intestatario fattura, "
        "destinazione, a, luogo di consegna, cessionario/committente, cessionario committente, dati del cliente, "
        "destinatario della fattura, fatturato a, egr, gent"
    ),
    Term.CUSTOMER: "cliente, utente, socio, vostro",
    Term.TAX_ID: (
        "partita iva, p.iva, p. iva, p.i, piva, c.f, codice fiscale, cod. fisc, cod. fiscale, p. iva e c.f, "
        "p.iva/c.f, partita i.v.a, p.i., c.f. e p.iva, c.f./p.iva, c.f. / p. iva"
    ),
    Term.OTHER_ID: (
        "telefono, tel, fax, cell, cellulare, iban, bic, swift, conto, banca, rea, cliente, codice cliente, pagina, "
        "pag, ddt, commessa, contratto, articolo, codice, sdi, codice destinatario, pec, registro imprese, cap. soc, "
        "capitale sociale, cig, cup, pod, matricola, camera, tavolo, abi, cab, tracking"
    ),
    Term.NAME: "nome, ragione sociale, denominazione, ditta, società",
    Term.CONTACT: "telefono, tel, fax, cell, cellulare, e-mail, email, pec, sito, sito web",
    Term.FILLER: "di, della, del, il, la, lo, i, gli, le, e, in, per, da, dal, su, al, alla, un, una, vs, ns, d",
}
