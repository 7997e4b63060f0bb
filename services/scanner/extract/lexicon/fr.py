"""French."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "facture, factures, facturation, note d'honoraires, facture d'acompte, facture de solde, facturé",
    Term.RECEIPT: "reçu, ticket, ticket de caisse, quittance, justificatif, justificatif de paiement, reçu de paiement",
    Term.CREDIT: "avoir, facture d'avoir, note de crédit, facture rectificative, note d'avoir",
    Term.ORDER: "commande, réservation, confirmation, transaction, confirmation de commande, achat, bon de commande",
    Term.DOCUMENT: "document, pièce",
    Term.OTHER_DOCUMENT: (
        "devis, relevé de compte, relevé, bon de livraison, bordereau de livraison, facture proforma, pro forma, "
        "facture pro forma, proforma, rappel, relance, mise en demeure, bulletin de paie, bulletin de salaire, fiche "
        "de paie, liste de prix, tarif, catalogue, attestation, contrat, note de frais, tableau d'amortissement"
    ),
    Term.NUMBER: "numéro, num, n°, nº, no, n, nr",
    Term.REFERENCE: "référence, réf, vos réf, nos réf",
    Term.DATE: "date, daté, du, en date du, le",
    Term.ISSUED: "émission, émise, émise le, émis le, date d'émission, facturation, date d'achat, établie le, édité le",
    Term.DUE: (
        "échéance, date d'échéance, à payer avant, à payer avant le, à régler avant, à régler avant le, date limite, "
        "date limite de paiement, à payer pour le, payable avant le, payable le, échéance de paiement, paiement dû "
        "le, à régler le, exigible le, payable au plus tard le, règlement avant le, date de règlement, paiement avant "
        "le"
    ),
    Term.OTHER_DATE: (
        "livraison, prestation, expédition, période, naissance, impression, validité, début, fin, départ, arrivée, "
        "exécution, prélèvement, vente, intervention, séjour, prochaine, consultation"
    ),
    Term.TOTAL: "total, totale, totaux, somme",
    Term.GRAND: (
        "total général, total facture, montant de la facture, montant total, total de la commande, total commande"
    ),
    Term.SUBTOTAL: "sous-total, sous total, total articles",
    Term.NET: (
        "ht, h.t, h.t., hors taxe, hors taxes, hors tva, net, base ht, base taxable, base imposable, total ht, "
        "montant ht, base, total net, net ht, hors-taxes, hors t.v.a, sans tva, base hors taxe, htva"
    ),
    Term.GROSS: (
        "tva incluse, ttc, t.t.c, t.t.c., toutes taxes comprises, tvac, tva comprise, toutes taxes, taxes comprises"
    ),
    Term.TAX: (
        "tva comprise, taxes comprises, tva incluse, tva, t.v.a, t.v.a., taxe, taxes, dont tva, montant tva, total "
        "tva, tps, tvq, taxe de séjour"
    ),
    Term.AMOUNT: "montant, prix total, solde, coût",
    Term.PAYABLE: (
        "à payer, net à payer, reste à payer, montant dû, solde dû, total à payer, à régler, net à régler, somme due, "
        "montant à payer, total dû, reste dû, montant à régler, solde à payer, total à régler"
    ),
    Term.PAID: (
        "payé, réglé, montant payé, acquitté, encaissé, déjà payé, acompte versé, espèces, total payé, déjà réglé"
    ),
    Term.ADJUSTMENT: (
        "remise, livraison, frais de port, port, acompte, rabais, ristourne, escompte, frais, bon d'achat, pourboire, "
        "arrondi, éco-participation, écotaxe, frais de livraison, pénalité, pénalités, intérêts, consigne, monnaie, "
        "réduction, caution, rendu, frais d'envoi, expédition, indemnité, frais de dossier, code promo"
    ),
    Term.UNIT: (
        "prix, prix unitaire, quantité, qté, taux, pu, p.u, unité, désignation, description, article, prix unit, pu "
        "ht, p.u. ht, prix ht, montant unitaire, taux tva, produit, libellé"
    ),
    Term.SELLER: (
        "vendeur, fournisseur, émetteur, prestataire, vendu par, de, emetteur, titulaire, titulaire du compte, "
        "bénéficiaire, expédié et vendu par, expéditeur, société émettrice"
    ),
    Term.BUYER: (
        "client, facturé à, facture à, facturer à, adresse de facturation, adresse de livraison, acheteur, "
        "destinataire, livré à, à l'attention de, vendu à, livrer à, adressé à, à, expédié à, preneur, informations "
        "client, doit, client facturé, facture pour"
    ),
    Term.CUSTOMER: "client, abonné, adhérent, compte, votre",
    Term.TAX_ID: (
        "n° tva, tva intra, tva intracommunautaire, n° tva intracommunautaire, numéro de tva, numéro tva, id tva, n° "
        "de tva, tva n°, n° tva intra, identifiant tva, tva no, n° tva intracom, tva intracom, n° d'identification "
        "tva, no tva, numéro de tva intracommunautaire, n° de tva intracommunautaire, code tva, n° id tva, ide, "
        "numéro d'entreprise"
    ),
    Term.OTHER_ID: (
        "téléphone, tél, tel, fax, télécopie, iban, bic, rib, siret, siren, rcs, ape, code ape, naf, compte, banque, "
        "client, code client, n° client, bon de livraison, page, contrat, dossier, affaire, article, capital, mobile, "
        "colis, suivi, table, caisse, chèque, carte, mandat, rum, ics, chantier, numéro client, immatriculation, "
        "licence"
    ),
    Term.NAME: "nom, raison sociale, société, entreprise",
    Term.CONTACT: "téléphone, tél, tel, fax, courriel, mail, e-mail, site, site web, mobile",
    Term.FILLER: (
        "de, du, la, le, les, des, d, l, en, et, au, aux, pour, votre, notre, sur, par, est, un, une, à, soit, dont"
    ),
}
