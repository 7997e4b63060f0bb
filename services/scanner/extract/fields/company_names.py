"""Rules for what looks like the name of a person or company, and what cannot be one."""

import re
from collections.abc import Iterator
from functools import lru_cache

from services.scanner.extract.fields.annotated_text import Annotation
from services.scanner.extract.fields.date_parser import dates_in
from services.scanner.extract.lexicon import Term
from services.scanner.extract.lexicon.normalise import fold

LEGAL_FORM = re.compile(
    r"(?<![\w.])(?:(?:g?GmbH|GMBH)(?: ?(?:&|und|u\.) ?Co\.? ?(?:KG|OHG)(?:aA)?)?|mbH|AG(?: ?& ?Co\.? ?KG)?|KGaA|KG|OHG|"
    r"GbR|UG(?: ?\(haftungsbeschränkt\))?|e\. ?K\.|e\. ?V\.|eG|SE|Ltd\.?|LTD\.?|Limited|LIMITED|L\.L\.C\.|LLC|LLP|"
    r"Inc\.?|INC\.?|Incorporated|Corp\.?|Corporation|PLC|plc|Pty\.? Ltd\.?|Pvt\.? Ltd\.?|Private Limited|Co\.|"
    r"S\. ?[àa]\. ?r\. ?[lL]\.?|SARL|Sarl|SARLU|EURL|S\.?A\.?S\.?U?|SASU|SNC|SCI|S\.A\.|SA|N\.V\.|NV|B\.V\.|b\.v\.|BV|"
    r"V\.O\.F\.|VOF|BVBA|SRL|SPRL|S\. ?r\. ?l\. ?s?\.?|S\. ?p\. ?A\.?|SpA|SPA|S\. ?n\. ?c\.|S\.a\.s\.|S\.L\.U\.|"
    r"S\.L\.L?\.?|SLU|SL|S\.A\.U\.|Lda\.?|LDA|Ltda\.?|LTDA|S/A|Unipessoal Lda|EIRELI|ME|Sp\. ?z ?o\. ?o\.?|"
    r"sp\. ?z ?o\. ?o\.?|S\.A|s\.c\.|sp\. ?[jk]\.|Oy|OY|Oyj|Tmi|Ky|AB|HB|A/S|ApS|APS|I/S|K/S|AS|ASA|ANS|DA|s\.r\.o\.|"
    r"a\.s\.|spol\. s r\.o\.|Kft\.?|Zrt\.?|d\.o\.o\.)(?!\w)"
)
_LEADING_FORM = re.compile(
    r"(?:SARL|SAS|SASU|EURL|SELARL|SCP|SCI|SNC|GAEC|Ets\.?|[EÉ]tablissements?|Société|Cabinet|Ditta|Firma|P\.?H\.?U\.?|"
    r"F\.?H\.?U\.?|P\.?P\.?H\.?U\.?|Oy|Ab|AB)\s+[^\W\d_a-z].*"
)
"""Legal forms that stand before the name, as in French and Polish."""
_ADDRESSED = re.compile(
    r"(?:M|Mme|Mlle|Mr|Mrs|Ms|Miss|Monsieur|Madame|Mademoiselle|Herrn?|Frau|Familie|Fam|Sig|Sig\.ra|Gent\.?mo|Spett\.?le|"
    r"Egr|Sr|Sra|Srta|D|Dña|Exm[oa]|Dhr|Mevr|Mevrouw|De heer|Pan|Pani|Hr|Fru)\.?\s+[^\W\d_]",
    re.IGNORECASE,
)
"""Forms of address of a letter's recipient."""
_WEAK_FORM = frozenset(
    {"ME", "DA", "SA", "SE", "SL", "NV", "AS", "AB", "AG", "KG", "Co.", "SPA", "HB", "Ky", "ANS", "S.A", "SCI", "SNC"}
)
"""Legal forms that are ordinary words elsewhere: they count only at the end of a name."""
_PIECES = re.compile(r"\s*[•·|●∙■\u2013\u2014]\s*|\s+[-\u2013\u2014/*]+\s+| {2,}|\t")
_IN_ONE = re.compile(rf"[^\d,;|•·]{{2,24}} [-\u2013] [^\d;|•·]{{2,40}}[ ,](?:{LEGAL_FORM.pattern})")
"""A brand and its company, which are one name: "MEO - Serviços, S.A."."""
_COMMA = re.compile(r",\s*(?!(?:Inc|LLC|Ltd|L\.L\.C|S\.|LLP|Corp|Lda|GmbH|B\.V)\b)")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"\d{4}")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_NO_NAME = re.compile(
    r"@|https?:|www\.|\d{4,}|^\W*$|[#?!=<>{}]|:$|\b\d+[.,]\d\d\b|%|\$|€|£|^\W*\d+\s*(?:x|\u00d7)\s|"
    r"\b(?:page|seite|tel|fax|phone|date|datum|copy|kopie|logo|thank|thanks|welcome|hello|dear|hi|hallo|bonjour|grüßen?|regards|"
    r"sincerely|cordialement|saluti|vriendelijke|hilsen|hälsningar|terveisin|tak|tack|takk|kiitos|merci|gracias|grazie|obrigad[oa]|"
    r"danke|dank|bedankt|dziękujemy|děkujeme)\b",
    re.IGNORECASE,
)
_PAYMENT = re.compile(
    r"(?:visa|master ?card|maestro|amex|american express|paypal|apple pay|google pay|klarna|ideal|sofort|giropay|"
    r"sepa|bankeinzug|lastschrift|kreditkarte|credit card|debit card|gift card|bank transfer|überweisung|vorkasse|"
    r"carte bancaire|bancontact|swish|vipps|mobilepay|invoice|n/a|none|free|standard|express)(?:\W.*)?",
    re.IGNORECASE,
)
"""Ways of payment or delivery, which stand alone like a name."""
_STREET = re.compile(
    r"(?:str\.|straße|strasse|weg|gasse|platz|allee|ring|ufer|damm|laan|straat|plein|gade|vej|gatan|vägen|veien|gata|katu|tie)"
    r"\s*\d|\b(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|ln\.?|drive|dr\.?|blvd\.?|boulevard|suite|floor|square|way|"
    r"court|quay|close|rue|chemin|place|cours|quai|calle|c/|avda\.?|av\.?|plaza|paseo|via|viale|piazza|corso|ul\.?|al\.?|"
    r"aleja|rua|avenida|praça|largo|box|po box|postfach|p\.?o\.?)(?!\w).*\d|"
    r"^\d+[a-z]?,?\s(?:[\w.'-]+\s){0,3}(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|drive|dr\.?|blvd|way|court|square|close|place|parkway)\b|"
    r"\d+\s*(?:bis|ter)?,?\s+(?:rue|avenue|av|boulevard|place|chemin|quai|impasse|allée)",
    re.IGNORECASE,
)
POSTCODE = re.compile(
    r"\b(?:[A-Z]{1,2}-)?\d{4,5}(?:-\d{3,4})?\s?(?:[A-Z]{2}\s)?\s*[^\W\d_]{2,}|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|"
    r"\b[A-Z]{2},? \d{5}(?:-\d{4})?\b|\b\d{2}-\d{3} [^\W\d_]|\b\d{3} \d{2} [^\W\d_]|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b"
)
_IN_NAMES = frozenset({Term.NAME, Term.BUYER, Term.FILLER})
"""Terms whose words also occur in names: "My Company", "Firma Groß"."""
_TITLES = frozenset({Term.INVOICE, Term.RECEIPT, Term.CREDIT, Term.OTHER_DOCUMENT})
_CONNECTING = 4
"""Letters of words such as "of" and "della" inside names, at most."""
_MAX_NAME = 60
_MAX_WORDS = 7
_PREFIX = re.compile(
    r"^(?:(?:name|nazwa|firma|company(?: name)?|nom|nombre|nome|naam|navn|namn|nimi|raison sociale|ragione sociale|"
    r"razón social|denominazione|denominação|denominación)\s*[:.]\s*)",
    re.IGNORECASE,
)


def split_names(text: str) -> Iterator[str]:
    """Yield the parts of a cell that could each be a name.

    Letterheads put name, street and town on one line.
    """
    if _IN_ONE.fullmatch(text):
        yield clean_name(text)
        return
    for piece in _PIECES.split(text[:200]):
        yield clean_name(piece)
        if "," in piece:
            yield clean_name(_COMMA.split(piece)[0])


def clean_name(text: str) -> str:
    """Return a name without labels, brackets and punctuation around it."""
    bare = _PREFIX.sub("", text.strip()) if ":" in text or "." in text else text.strip()
    name = bare.strip(" ,:;-*•|\u2013\u201e\u201c\"'")
    return name if "(" in name and ")" in name else name.strip("() ")


@lru_cache(maxsize=4096)
def legal_form(name: str) -> re.Match[str] | None:
    """Find the legal form behind at least one word of a name, or before it where that is usual."""
    for match in LEGAL_FORM.finditer(name):
        if match.start() == 0 or not _LETTERS.search(name[: match.start()]):
            continue
        if match.group() in _WEAK_FORM and match.end() < len(name):
            continue
        return match
    return _LEADING_FORM.match(name)


def is_addressee(name: str) -> bool:
    """Return whether a name is that of a letter's recipient: "Mrs Jane Doe"."""
    return _ADDRESSED.match(name) is not None and LEGAL_FORM.search(name) is None


def may_be_name(name: str, annotation: Annotation | None = None) -> bool:
    """Return whether a text could be a name: short, of letters, no address, label or sentence."""
    if not _LETTERS.search(name) or len(name) > _MAX_NAME or len(name.split()) > _MAX_WORDS or _NO_NAME.search(name):
        return False
    if _PAYMENT.fullmatch(name):
        return False
    if not (name[0].isalnum()) or sum(map(str.isdigit, name)) > 3 or is_address(name):
        return False
    words = name.split()
    if len(words) > 1 and not legal_form(name):
        if name[-1] == "." and len(words[-1]) > 4 and "." not in words[-1][:-1]:  # no abbreviation: a sentence
            return False
        if len(words) > 3 and sum(word[0].islower() for word in words) > len(words) / 2:
            return False
    return annotation is None or legal_form(name) is not None or not _is_wording(name, annotation)


def is_sentence(name: str) -> bool:
    """Return whether a text has long lower-case words among others, which names seldom have."""
    words = name.split()
    return len(words) > 1 and any(len(word) > _CONNECTING and word.islower() for word in words)


def has_date(text: str) -> bool:
    """Return whether a text holds a date, which no name does."""
    return _YEAR.search(text) is not None and bool(dates_in(text, "dmy"))


@lru_cache(maxsize=4096)
def is_address(text: str) -> bool:
    """Return whether a text holds a street or a postcode."""
    return _DIGIT.search(text) is not None and bool(POSTCODE.search(text) or _STREET.search(text))


def _is_wording(name: str, annotation: Annotation) -> bool:
    """Return whether the words are an invoice's own, such as a label or a heading, and no name."""
    place = annotation.folded.find(fold(name))
    hits = annotation.hits_between(max(place, 0), max(place, 0) + len(name))
    if not hits:
        return False
    telling = any(hit.terms - _IN_NAMES for hit in hits)
    covered = sum(
        hit.end - hit.start for hit in hits if hit.terms - _IN_NAMES or (telling and Term.FILLER in hit.terms)
    )
    letters = sum(map(str.isalpha, name))
    if any(hit.terms & _TITLES and Term.OTHER_ID not in hit.terms for hit in hits) and len(hits) > 0:
        return covered >= 0.4 * letters
    return covered >= 0.5 * letters
