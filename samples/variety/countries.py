"""Formats of money and dates, taxes, and shapes of names, addresses and numbers by country."""

from dataclasses import dataclass

from samples.variety import phrasebooks_north as north
from samples.variety import phrasebooks_west as west
from samples.variety.phrasebook import Phrasebook, Words


@dataclass(frozen=True, slots=True)
class Country:
    """A country's habits.

    In shapes `#` stands for a digit and `?` for a letter; `money` holds {n} for the number.
    """

    phrasebook: Phrasebook
    currency: str
    decimal: str
    groups: Words
    money: Words
    dates: Words
    rates: Words
    forms: Words
    streets: Words
    places: Words
    tax_id: str
    bban: str | None
    domain: str
    people: Words


_DMY_DOTS = ("{dd}.{mm}.{yyyy}", "{d}. {month} {yyyy}", "{dd}.{mm}.{yy}")
_DMY_SLASH = ("{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}")
_EURO = ("{n} €", "{n} EUR", "€ {n}", "EUR {n}", "{n}")

COUNTRIES = {
    "GB": Country(west.ENGLISH, "GBP", ".", (",", ""), ("£{n}", "£ {n}", "GBP {n}", "{n}"),
                  ("{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}", "{d} {mon} {yyyy}"), ("20", "5", "0"),
                  ("Ltd", "Limited", "LLP", "plc", ""), ("{n} Mill Lane", "Unit {n}, Station Road", "{n} High Street"),
                  ("Leeds LS1 4QT", "Bristol BS1 5TR", "London EC2A 3LT"), "GB#########", "????##############",
                  "co.uk", ("Emma Carter", "Oliver Shaw")),
    "US": Country(west.ENGLISH, "USD", ".", (",",), ("${n}", "$ {n}", "${n} USD", "USD {n}"),
                  ("{mm}/{dd}/{yyyy}", "{month} {d}, {yyyy}", "{mon} {d}, {yyyy}", "{yyyy}-{mm}-{dd}"),
                  ("8.25", "6", "0"), ("Inc.", "LLC", "Corp.", "", "Co."), ("{n} Market Street",
                  "{n} Oak Ave, Suite 200"),
                  ("Austin, TX 78701", "Denver, CO 80202", "Portland, OR 97205"), "##-#######", None, "com",
                  ("Dana Miller", "Chris Young")),
    "IE": Country(west.ENGLISH, "EUR", ".", (",",), ("€{n}", "€ {n}", "EUR {n}"), _DMY_SLASH, ("23", "13.5"),
                  ("Limited", "Ltd"), ("{n} Dock Road",), ("Dublin D04 X2P7", "Cork T12 K7XA"), "IE#######?A",
                  "????##############", "ie", ("Aoife Byrne",)),
    "AU": Country(west.ENGLISH, "AUD", ".", (",",), ("${n}", "A${n}", "AUD {n}"), _DMY_SLASH, ("10",), ("Pty Ltd",),
                  ("{n} Harbour Road",), ("Sydney NSW 2000",), "## ### ### ###", None, "com.au", ("Liam Walker",)),
    "DE": Country(west.GERMAN, "EUR", ",", (".", "", " "), _EURO, _DMY_DOTS, ("19", "7"),
                  ("GmbH", "GmbH & Co. KG", "AG", "UG (haftungsbeschränkt)", "e.K.", "", "OHG"),
                  ("Lindenstraße {n}", "Am Markt {n}", "Hauptstr. {n}"), ("79108 Freiburg", "20095 Hamburg",
                  "D-50667 Köln"),
                  "DE#########", "##################", "de", ("Jana Vogel", "Thomas Kern")),
    "AT": Country(west.GERMAN, "EUR", ",", (".", " "), _EURO, _DMY_DOTS, ("20", "10"), ("GmbH", "e.U.", "OG", "GmbH"),
                  ("Ringstraße {n}",), ("1010 Wien", "A-5020 Salzburg"), "ATU########", "################", "at",
                  ("Eva Huber",)),
    "CH": Country(west.GERMAN, "CHF", ".", ("'", "\N{RIGHT SINGLE QUOTATION MARK}"),
                  ("CHF {n}", "{n} CHF", "Fr. {n}", "{n}"), _DMY_DOTS, ("8.1",
    "2.6"),
                  ("AG", "GmbH"), ("Seestrasse {n}",), ("8001 Zürich", "CH-3011 Bern"), "CHE-###.###.### MWST",
                  "#################", "ch", ("Reto Frei",)),
    "FR": Country(west.FRENCH, "EUR", ",", ("\N{NO-BREAK SPACE}", " "), _EURO,
                  (*_DMY_SLASH, "{d} {month} {yyyy}"), ("20", "10", "5,5"), ("SARL", "SAS", "SA", "EURL", "SASU", ""),
                  ("{n} rue de la Paix", "{n}, avenue Foch"), ("75002 Paris", "69003 Lyon"), "FR###########",
                  "#######################", "fr", ("Claire Petit", "Marc Leroy")),
    "BE": Country(west.FRENCH, "EUR", ",", (".", " "), _EURO, _DMY_SLASH, ("21", "6"), ("SRL", "SA"),
    ("Rue Haute {n}",),
                  ("1000 Bruxelles", "4000 Liège"), "BE0#########", "############", "be", ("Luc Dupont",)),
    "NL": Country(west.DUTCH, "EUR", ",", (".",), ("€ {n}", "€{n}", "EUR {n}", "{n}"),
                  ("{dd}-{mm}-{yyyy}", "{d} {month} {yyyy}", "{d}-{m}-{yyyy}"), ("21", "9"), ("B.V.", "BV", "V.O.F.",
                  ""),
                  ("Kerkstraat {n}", "Havenweg {n}"), ("1012 AB Amsterdam", "3011 GC Rotterdam"), "NL#########B01",
                  "????##########", "nl", ("Sanne de Boer",)),
    "ES": Country(west.SPANISH, "EUR", ",", (".",), _EURO, (*_DMY_SLASH, "{d} de {month} de {yyyy}",
    "{dd}-{mm}-{yyyy}"),
                  ("21", "10"), ("S.L.", "S.A.", "SL", "S.L.U."), ("Calle Mayor {n}", "Avda. del Puerto, {n}"),
                  ("28013 Madrid", "46002 Valencia"), "B########", "####################", "es", ("Lucía Ramos",)),
    "IT": Country(west.ITALIAN, "EUR", ",", (".",), _EURO, _DMY_SLASH, ("22", "10", "4"), ("S.r.l.", "S.p.A.", "SRL",
    "S.n.c."),
                  ("Via Roma {n}", "Corso Italia, {n}"), ("20121 Milano MI", "10121 Torino"), "IT###########",
                  "?######################", "it", ("Marco Galli",)),
    "PT": Country(west.PORTUGUESE, "EUR", ",", (".", " "), _EURO, (*_DMY_SLASH, "{dd}-{mm}-{yyyy}", "{yyyy}-{mm}-{dd}"),
                  ("23", "13", "6"), ("Lda.", "S.A.", "Unipessoal Lda"), ("Rua do Ouro {n}",
                  "Avenida da Liberdade, {n}"),
                  ("1100-060 Lisboa", "4000-322 Porto"), "PT#########", "#####################", "pt", ("Rita Sousa",)),
    "DK": Country(north.DANISH, "DKK", ",", (".",), ("{n} kr.", "kr. {n}", "DKK {n}", "{n}"),
                  ("{dd}.{mm}.{yyyy}", "{dd}-{mm}-{yyyy}", "{d}. {month} {yyyy}"), ("25",), ("ApS", "A/S", "I/S"),
                  ("Havnegade {n}", "Storegade {n}"), ("1058 København K", "8000 Aarhus C"), "DK########",
                  "##############", "dk", ("Mette Holm",)),
    "SE": Country(north.SWEDISH, "SEK", ",", (" ", "\N{NO-BREAK SPACE}", "."), ("{n} kr", "{n} SEK", "SEK {n}", "{n}"),
                  ("{yyyy}-{mm}-{dd}", "{d} {month} {yyyy}"), ("25", "12", "6"), ("AB", "HB", ""),
                  ("Storgatan {n}", "Hamngatan {n}"), ("111 52 Stockholm", "411 03 Göteborg"), "SE##########01",
                  "####################", "se", ("Elin Berg",)),
    "NO": Country(north.NORWEGIAN, "NOK", ",", (" ", "."), ("kr {n}", "{n} kr", "NOK {n}", "{n}"), _DMY_DOTS, ("25",
    "15"),
                  ("AS", "ANS", "ASA"), ("Storgata {n}", "Strandveien {n}"), ("0155 Oslo", "5003 Bergen"),
                  "NO ### ### ### MVA",
                  "###########", "no", ("Ingrid Dahl",)),
    "FI": Country(north.FINNISH, "EUR", ",", (" ", "\N{NO-BREAK SPACE}"), ("{n} €", "{n} EUR", "{n}"),
                  ("{d}.{m}.{yyyy}", "{dd}.{mm}.{yyyy}"), ("25,5", "14", "24"), ("Oy", "Oyj", "Tmi"),
                  ("Mannerheimintie {n}", "Asemakatu {n}"), ("00100 Helsinki", "33100 Tampere"), "FI########",
                  "##############", "fi", ("Aino Laine",)),
    "PL": Country(north.POLISH, "PLN", ",", (" ", "\N{NO-BREAK SPACE}", "."), ("{n} zł", "{n} PLN", "{n}"),
                  ("{dd}.{mm}.{yyyy}", "{yyyy}-{mm}-{dd}", "{d} {month} {yyyy} r."), ("23", "8"),
                  ("Sp. z o.o.", "S.A.", "sp. j.", "sp. z o.o."), ("ul. Długa {n}", "al. Jerozolimskie {n}"),
                  ("00-238 Warszawa", "31-146 Kraków"), "PL##########", "########################", "pl",
                  ("Anna Nowak",)),
    "CZ": Country(north.CZECH, "CZK", ",", (" ", "\N{NO-BREAK SPACE}"), ("{n} Kč", "{n} CZK"), ("{d}.{m}.{yyyy}",
    "{dd}.{mm}.{yyyy}", "{d}. {m}. {yyyy}"),
                  ("21", "12"), ("s.r.o.", "a.s."), ("Dlouhá {n}",), ("110 00 Praha 1", "602 00 Brno"), "CZ########",
                  "####################", "cz", ("Jan Novák",)),
}  # fmt: skip
