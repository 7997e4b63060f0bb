"""Invented vendors by country; their account and tax numbers are drawn from the slug, so they never
change."""

from random import Random

from samples import identifiers
from samples.model import Vendor
from samples.regions import REGIONS

# name, street, postcode, city, country, trade, slug, colour
_ROWS = (
    ("Kestrel Hosting Ltd", "14 Albion Wharf", "LS1 4QT", "Leeds", "GB", "software", "kestrel-hosting", "#1F4E79"),
    ("Harrow & Finch Stationers Ltd", "3 Low Petergate", "YO1 7HZ", "York", "GB", "office", "harrow-finch", "#7A3B2E"),
    (
        "Pennine Heating Services Ltd",
        "Unit 7, Canal Road",
        "BD2 1AQ",
        "Bradford",
        "GB",
        "craft",
        "pennine-heat",
        "#B3541E",
    ),
    ("The Old Granary Hotel", "1 Quay Street", "YO21 3PU", "Whitby", "GB", "travel", "old-granary", "#4A5D23"),
    ("Northlight Broadband plc", "220 City Square", "LS1 2ES", "Leeds", "GB", "utilities", "northlight", "#5B2A86"),
    ("Mossgate Energy plc", "8 Exchange Place", "S2 5TS", "Sheffield", "GB", "utilities", "mossgate", "#1B7F5C"),
    ("Rowan Tree Software Limited", "45 Baggot Lane", "D04 X2P7", "Dublin", "IE", "software", "rowan-tree", "#0B6E4F"),
    (
        "Shannon Office Supply Limited",
        "12 Dock Road",
        "V94 K3H2",
        "Limerick",
        "IE",
        "office",
        "shannon-office",
        "#2E5E8C",
    ),
    (
        "Copperline Cloud Inc.",
        "901 Mission Court",
        "94103",
        "San Francisco, CA",
        "US",
        "software",
        "copperline",
        "#B04A2F",
    ),
    ("Bluebonnet Supply LLC", "77 Congress Plaza", "78701", "Austin, TX", "US", "office", "bluebonnet", "#3552A0"),
    ("Lakeshore Lodging LLC", "2300 Harbor Drive", "60611", "Chicago, IL", "US", "travel", "lakeshore", "#245B73"),
    (
        "Schwarzwald Hosting GmbH",
        "Am Messplatz 4",
        "79108",
        "Freiburg",
        "DE",
        "software",
        "schwarzwald-hosting",
        "#14532D",
    ),
    ("Papier Brandt GmbH & Co. KG", "Lindenallee 22", "76133", "Karlsruhe", "DE", "office", "papier-brandt", "#8A1C2B"),
    (
        "Heizungsbau Ritter GmbH",
        "Industriestraße 9",
        "79312",
        "Emmendingen",
        "DE",
        "craft",
        "heizung-ritter",
        "#C2571A",
    ),
    ("Gasthof zum Hirschen e.K.", "Dorfstraße 1", "79822", "Titisee", "DE", "travel", "zum-hirschen", "#5D4037"),
    ("Dreisam Energie AG", "Uferweg 100", "79117", "Freiburg", "DE", "utilities", "dreisam-energie", "#00695C"),
    (
        "Münsterfunk Telekommunikation GmbH",
        "Turmgasse 3",
        "79098",
        "Freiburg",
        "DE",
        "utilities",
        "muensterfunk",
        "#37308C",
    ),
    ("Donau Software GmbH", "Praterzeile 18", "1020", "Wien", "AT", "software", "donau-software", "#9C1F3C"),
    ("Bodensee Bahnreisen AG", "Seestrasse 40", "8280", "Kreuzlingen", "CH", "travel", "bodensee-bahn", "#0A5C8A"),
    ("Bürohaus Zellweger AG", "Steinweg 6", "4051", "Basel", "CH", "office", "zellweger", "#33475B"),
    ("Nuage Rhône SAS", "18 quai des Tanneurs", "69002", "Lyon", "FR", "software", "nuage-rhone", "#1D4E89"),
    ("Papeterie Vasseur SARL", "5 rue des Clefs", "68000", "Colmar", "FR", "office", "papeterie-vasseur", "#6B2737"),
    (
        "Plomberie Lemaire SARL",
        "41 route de Neuf-Brisach",
        "68180",
        "Horbourg",
        "FR",
        "craft",
        "plomberie-lemaire",
        "#A34700",
    ),
    ("Hôtel de la Gare", "2 place de la Gare", "67000", "Strasbourg", "FR", "travel", "hotel-gare", "#4E342E"),
    (
        "Énergie des Vosges SA",
        "130 avenue du Ballon",
        "88000",
        "Épinal",
        "FR",
        "utilities",
        "energie-vosges",
        "#2E7D32",
    ),
    ("Portici Cloud S.r.l.", "Via dei Portici 18", "40124", "Bologna", "IT", "software", "portici-cloud", "#7B1E3A"),
    ("Cartoleria Galli S.n.c.", "Via Saragozza 70", "40123", "Bologna", "IT", "office", "cartoleria-galli", "#5A6B2D"),
    (
        "Idraulica Fontana S.r.l.",
        "Via del Lavoro 5",
        "40057",
        "Granarolo",
        "IT",
        "craft",
        "idraulica-fontana",
        "#1E6091",
    ),
    ("Albergo del Ponte", "Piazza del Popolo 2", "48121", "Ravenna", "IT", "travel", "albergo-ponte", "#8D5524"),
    ("Luce Emiliana S.p.A.", "Viale Europa 200", "41122", "Modena", "IT", "utilities", "luce-emiliana", "#C77700"),
    ("Turia Software S.L.", "Calle del Mar 31", "46003", "Valencia", "ES", "software", "turia-software", "#A61C3C"),
    ("Papelería Ibáñez S.A.", "Calle Mayor 8", "28013", "Madrid", "ES", "office", "papeleria-ibanez", "#3D5A80"),
    ("Hostal La Devesa S.L.", "Carrer del Riu 4", "17001", "Girona", "ES", "travel", "hostal-devesa", "#386641"),
    (
        "Telefonía Levante S.A.",
        "Avenida del Puerto 77",
        "46021",
        "Valencia",
        "ES",
        "utilities",
        "tel-levante",
        "#5E2B97",
    ),
    ("Grachten Hosting B.V.", "Oudegracht 210", "3511 NR", "Utrecht", "NL", "software", "grachten-hosting", "#C1440E"),
    ("Kantoorhandel Visser B.V.", "Voorstraat 12", "2611 JP", "Delft", "NL", "office", "kantoor-visser", "#264653"),
    (
        "Installatiebedrijf Hoekstra B.V.",
        "Ambachtsweg 3",
        "8441 AB",
        "Heerenveen",
        "NL",
        "craft",
        "hoekstra",
        "#2A6F97",
    ),
    ("Hotel de Molen B.V.", "Molenweg 1", "1135 AA", "Edam", "NL", "travel", "hotel-molen", "#6A4C93"),
    ("Polder Stroom N.V.", "Dijkgraaf 55", "8232 DK", "Lelystad", "NL", "utilities", "polder-stroom", "#31572C"),
)
# Some charge in another currency than their country's.
_CURRENCY = {
    "rowan-tree": "USD",
    "donau-software": "USD",
    "grachten-hosting": "USD",
    "portici-cloud": "CHF",
}


def _vendor(row: tuple[str, str, str, str, str, str, str, str]) -> Vendor:
    name, street, postcode, city, country, trade, slug, colour = row
    random = Random(slug)
    return Vendor(
        name=name,
        street=street,
        postcode=postcode,
        city=city,
        country=country,
        trade=trade,
        slug=slug,
        currency=_CURRENCY.get(slug, REGIONS[country].currency),
        tax_id=identifiers.tax_id(country, random),
        iban=identifiers.iban(country, random),
        colour=colour,
    )


VENDORS = tuple(_vendor(row) for row in _ROWS)


def vendors_in(countries: tuple[str, ...]) -> tuple[Vendor, ...]:
    """Return the vendors of some countries."""
    return tuple(vendor for vendor in VENDORS if vendor.country in countries)
