"""Finnish."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "lasku, laskun, laskutus, laskut, verkkolasku",
    Term.RECEIPT: "kuitti, kuitin, ostokuitti, maksukuitti, kassakuitti, ostotosite, tosite, tositteen",
    Term.CREDIT: "hyvityslasku, hyvityslaskun, hyvitys",
    Term.ORDER: "tilaus, tilauksen, varaus, varauksen, osto, tilausvahvistus",
    Term.DOCUMENT: "asiakirja, asiakirjan",
    Term.OTHER_DOCUMENT: (
        "tarjous, tiliote, lähete, lähetyslista, proformalasku, proforma, maksumuistutus, muistutus, maksukehotus, "
        "palkkalaskelma, palkkakuitti, hinnasto, sopimus, luettelo, todistus"
    ),
    Term.NUMBER: "numero, nro, nro., nr, n:o, tunnus",
    Term.REFERENCE: "viite, viitenumero, viitteemme, viitteenne, viitenro, viestinne",
    Term.DATE: "päivä, päiväys, päivämäärä, pvm, pvm., pv, päivätty",
    Term.ISSUED: "laskutuspäivä, laskun päiväys, laskun päivä, laskupäivä, laskun pvm, ostopäivä, laadittu",
    Term.DUE: (
        "eräpäivä, erä, eräpvm, viimeinen maksupäivä, maksettava viimeistään, maksupäivä, eräpäivään mennessä, "
        "maksuaika päättyy"
    ),
    Term.OTHER_DATE: (
        "toimitus, toimituspäivä, toimituspvm, jakso, syntymä, tulostus, alku, loppu, lähtö, saapuminen, palvelun, "
        "voimassa"
    ),
    Term.TOTAL: "yhteensä, summa, loppusumma, kokonaissumma, kaikki yhteensä",
    Term.GRAND: "loppusumma, laskun summa, kokonaissumma, laskun loppusumma, tilauksen summa, laskun yhteissumma",
    Term.SUBTOTAL: "välisumma, tuotteet yhteensä",
    Term.NET: (
        "veroton, alv 0%, ilman alv, nettosumma, verotta, veroton summa, veroton hinta, netto, yhteensä veroton, alv "
        "0 %, veroton yhteensä"
    ),
    Term.GROSS: "verollinen, sis alv, sis. alv, sisältää alv, brutto, verollinen yhteensä, sis, sisältäen",
    Term.TAX: (
        "alv, arvonlisävero, vero, arvonlisäveron, veron määrä, alv yhteensä, vero yhteensä, alv määrä, josta alv"
    ),
    Term.AMOUNT: "määrä yhteensä, hinta yhteensä, saldo, rahamäärä",
    Term.PAYABLE: (
        "maksettava, maksettavaa, maksettava yhteensä, avoinna, maksettavaksi, maksettavaa yhteensä, yhteensä "
        "maksettava, eur maksettava"
    ),
    Term.PAID: "maksettu, suoritettu, käteinen, ennakkomaksu, maksut, maksu",
    Term.ADJUSTMENT: (
        "alennus, toimituskulut, postikulut, rahti, pyöristys, laskutuslisä, toimitusmaksu, lahjakortti, "
        "viivästyskorko, käsittelykulut, pantti, toimitus"
    ),
    Term.UNIT: (
        "hinta, määrä, yksikköhinta, a-hinta, kpl, yksikkö, kuvaus, tuote, nimike, verokanta, alv %, alv-%, tunnit, "
        "ahinta, selite"
    ),
    Term.SELLER: "myyjä, toimittaja, lähettäjä, laskuttaja, saaja, maksun saaja, palveluntarjoaja",
    Term.BUYER: "asiakas, ostaja, laskutusosoite, toimitusosoite, vastaanottaja, tilaaja, maksaja, laskun saaja",
    Term.CUSTOMER: "asiakas, asiakkaan, jäsen, asiakas-",
    Term.TAX_ID: (
        "y-tunnus, alv-tunnus, alv-numero, alv nro, alv-nro, ly-tunnus, alv rek, y tunnus, vat-tunnus, alv tunnus"
    ),
    Term.OTHER_ID: (
        "puhelin, puh, fax, faksi, iban, bic, swift, tili, tilinumero, pankki, asiakas, asiakasnumero, asiakasnro, "
        "asiakastunnus, sivu, tuotenumero, tuotekoodi, projekti, sopimus, verkkolaskuosoite, ovt, ovt-tunnus, "
        "välittäjä, kotipaikka, kaupparekisteri"
    ),
    Term.NAME: "nimi, yritys, yrityksen nimi",
    Term.CONTACT: "puhelin, puh, fax, sähköposti, email, verkkosivu, www, kotisivu, gsm",
    Term.FILLER: "ja, on, sekä, eur, euroa, tai, teidän, meidän",
}
