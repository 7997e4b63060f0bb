"""Polish."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "faktura, faktury, fakturę, faktura vat, rachunek, faktura nr, rachunku, faktur",
    Term.RECEIPT: (
        "paragon, paragonu, paragon fiskalny, pokwitowanie, potwierdzenie zapłaty, dowód zakupu, potwierdzenie "
        "płatności"
    ),
    Term.CREDIT: "faktura korygująca, korekta, korekta faktury, nota korygująca, nota kredytowa, faktura korekta",
    Term.ORDER: (
        "zamówienie, zamówienia, rezerwacja, rezerwacji, zakup, transakcja, transakcji, potwierdzenie zamówienia"
    ),
    Term.DOCUMENT: "dokument, dokumentu, numer",
    Term.OTHER_DOCUMENT: (
        "oferta, wycena, kosztorys, wyciąg, wyciąg bankowy, dokument wz, wydanie zewnętrzne, list przewozowy, faktura "
        "proforma, faktura pro forma, proforma, pro forma, wezwanie do zapłaty, przypomnienie, cennik, umowa, pasek "
        "wynagrodzenia, pasek płacowy, katalog, zaświadczenie, ponaglenie"
    ),
    Term.NUMBER: "numer, nr, nr., no, numeru",
    Term.REFERENCE: "referencja, ref, znak",
    Term.DATE: "data, z dnia, dnia, daty",
    Term.ISSUED: "wystawienia, wystawiono, wystawiona, data wystawienia, wystawiono dnia, data wyst, zakupu",
    Term.DUE: (
        "termin płatności, termin zapłaty, płatne do, do zapłaty do, zapłata do, zapłacić do, płatność do, termin, "
        "data płatności, termin płat, data wymagalności"
    ),
    Term.OTHER_DATE: (
        "sprzedaży, dostawy, wykonania, usługi, okres, urodzenia, wydruku, dostarczenia, wysyłki, ważności"
    ),
    Term.TOTAL: "razem, suma, ogółem, łącznie, wartość, łączna, w sumie",
    Term.GRAND: (
        "kwota należności, łączna kwota, wartość zamówienia, należność ogółem, kwota należności ogółem, suma całkowita"
    ),
    Term.SUBTOTAL: "suma częściowa, suma pośrednia, wartość produktów",
    Term.NET: "netto, wartość netto, bez vat, kwota netto, podstawa, podstawa opodatkowania, razem netto, suma netto",
    Term.GROSS: "brutto, wartość brutto, z vat, kwota brutto, razem brutto, suma brutto, w tym vat",
    Term.TAX: "vat, podatek, podatku, kwota vat, podatek vat, ptu, kwota podatku, suma ptu, wartość vat, razem vat",
    Term.AMOUNT: "kwota, należność, opłata, saldo",
    Term.PAYABLE: (
        "do zapłaty, pozostało do zapłaty, razem do zapłaty, kwota do zapłaty, pozostaje do zapłaty, suma do zapłaty"
    ),
    Term.PAID: "zapłacono, opłacono, wpłacono, zaliczka, gotówka, zapłacona, płatność",
    Term.ADJUSTMENT: (
        "rabat, dostawa, wysyłka, koszt dostawy, koszty dostawy, upust, zaliczka, napiwek, reszta, odsetki, kaucja, "
        "zaokrąglenie, bon, kupon, koszt wysyłki, transport, opłata za dostawę"
    ),
    Term.UNIT: (
        "cena, ilość, stawka, jm, j.m, cena jednostkowa, cena jedn, nazwa towaru, opis, szt, jednostka, lp, cena "
        "netto, stawka vat, cena brutto, nazwa, towar, nazwa usługi, ilosc"
    ),
    Term.SELLER: "sprzedawca, wystawca, dostawca, sprzedający, zleceniobiorca, odbiorca płatności, właściciel rachunku",
    Term.BUYER: (
        "nabywca, odbiorca, kupujący, klient, zamawiający, adres dostawy, adres do faktury, płatnik, zleceniodawca, "
        "dane do faktury, dane nabywcy, adres do wysyłki"
    ),
    Term.CUSTOMER: "klient, klienta, nabywcy, kontrahenta",
    Term.TAX_ID: "nip, nip ue, vat ue, numer nip, nr nip, nip nr",
    Term.OTHER_ID: (
        "telefon, tel, fax, faks, iban, bic, swift, regon, krs, bdo, konto, rachunek bankowy, nr konta, numer konta, "
        "nr rachunku, numer rachunku, bank, klienta, strona, str, umowa, umowy, artykuł, pesel, ksef, wz, pkwiu, ean"
    ),
    Term.NAME: "nazwa, firma, imię i nazwisko, nazwa firmy",
    Term.CONTACT: "telefon, tel, fax, e-mail, email, www, kom",
    Term.FILLER: "i, w, z, do, na, za, dla, od, o, oraz, tym, twój, twoje, pln, zł, słownie, sposób",
}
