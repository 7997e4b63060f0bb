"""Names in the mail and web addresses of a document: a company's hosts are named after it."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from services.scanner.extract.fields.annotated_text import AnnotatedText
from services.scanner.extract.fields.parties import Parties
from services.scanner.extract.page.text_document import Cell, TextDocument

_HOST = re.compile(r"(?:@|https?://(?:www\.)?|www\.)(?P<host>[a-z0-9][a-z0-9.-]*\.[a-z]{2,})", re.IGNORECASE)
_PUBLIC = frozenset(
    {"gmail", "googlemail", "outlook", "hotmail", "yahoo", "gmx", "web", "icloud", "aol", "example", "live", "t-online",
     "facebook", "twitter", "instagram", "linkedin", "youtube", "google", "apple", "paypal", "w3", "googleapis", "x",
     "cloudfront", "amazonaws", "mailchimp", "sendgrid", "list-manage", "gstatic", "tiktok", "pinterest", "bit",
     "orange",
     "free", "wanadoo", "libero", "tiscali", "telia", "wp", "o2", "mail", "proton", "protonmail", "domain", "company",
     "email", "website", "yourdomain", "yourcompany", "mycompany", "test"}
)  # fmt: skip
"""Hosts that everybody uses, and those of examples: they identify no company."""
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac"})
_SHORTEST = 3
_LONG_HOST = 7
_MOST = 6
_MORE_OF_NAME = re.compile(r"\s[A-Z][a-z]+|[ ,]{1,2}(?:Inc|LLC|Ltd|GmbH|S\.|B\.V)")


def count_hosts(document: TextDocument, annotated: AnnotatedText, parties: Parties) -> Counter[str]:
    """Count the names in addresses; the buyer's are left out, the sender's counts once."""
    hosts: Counter[str] = Counter()
    for line in annotated.lines:
        for annotation in line:
            text = annotation.cell.text
            if ("@" in text or "www." in text or "://" in text) and annotation.cell.locator not in parties.buyer:
                hosts.update(name for match in _HOST.finditer(text) if (name := name_of_host(match["host"])))
    for host in (*document.hosts, document.sender_domain or ""):
        if name := name_of_host(host):
            hosts[name] += 1
    return hosts


def name_of_host(host: str) -> str:
    """Return the name in a host name: "shop" of "www.shop.co.uk"; empty for public hosts."""
    parts = host.lower().strip(".").split(".")[:-1]
    while len(parts) > 1 and parts[-1] in _SECOND_LEVEL:
        parts.pop()
    name = parts[-1] if parts else ""
    return name if len(name) >= _SHORTEST and name not in _PUBLIC else ""


def _letters(name: str) -> str:
    return re.sub(r"[ '-]", "", name).lower()


def _in_words(host: str) -> str:
    """Return a pattern for a host's name in running text: "bottegaverde" is "Bottega Verde"."""
    letters = [re.escape(letter) for letter in host if letter != "-"]
    return r"[ '-]?".join(letters) if len(letters) >= _LONG_HOST else re.escape(host)


@lru_cache(maxsize=512)
def _pattern(hosts: tuple[str, ...]) -> re.Pattern[str]:
    """Compile the pattern of some hosts; it is cached, as mail of the same sender comes again."""
    likely = "|".join(map(_in_words, hosts))
    return re.compile(rf"(?<![\w@./])(?:{likely})(?:\.(?:[a-z]{{2,3}}\.)?[a-z]{{2,3}})?(?![\w@/])", re.IGNORECASE)


def host_names_in_text(annotated: AnnotatedText, hosts: Counter[str]) -> Iterator[tuple[str, str, Cell, int]]:
    """Yield names in running text that equal a linked host, as in "your order at Lumen.de".

    With each name comes its host, where it stands first, and how often.
    """
    if not hosts:
        return
    pattern = _pattern(tuple(host for host, _ in hosts.most_common(_MOST)))
    times: Counter[str] = Counter()
    where: dict[str, Cell] = {}
    for line in annotated.lines:
        for annotation in line:
            for match in pattern.finditer(annotation.cell.text):
                name = match.group()
                if name[0].isupper() and not _MORE_OF_NAME.match(annotation.cell.text, match.end()):
                    times[name] += 1
                    where.setdefault(name, annotation.cell)
    by_letters = {_letters(host): host for host in hosts}
    for name, count in times.items():
        yield name, by_letters.get(_letters(name.partition(".")[0]), ""), where[name], count
