"""A mailbox on a mail server as a person names it: `imaps://ada@imap.example.com/Invoices`, or a
mail address."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from cli.client.api import Json
from cli.errors import UsageError
from shared.net.hosts import NotAHost, canonical_host

SCHEMES = ("imaps", "imap")
PORTS = {"tls": 993, "starttls": 143}
_FORM = "imaps://user@host[:port]/[folder]"
_LABEL_CHARACTERS = 100
_HOSTS = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), "imap.gmail.com"),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com"), "outlook.office365.com"),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), "imap.mail.me.com"),
    **dict.fromkeys(("yahoo.com", "ymail.com"), "imap.mail.yahoo.com"),
    "aol.com": "imap.aol.com",
    "fastmail.com": "imap.fastmail.com",
    "gmx.com": "imap.gmx.com",
    **dict.fromkeys(("gmx.de", "gmx.net", "gmx.at", "gmx.ch"), "imap.gmx.net"),
    "mailbox.org": "imap.mailbox.org",
    "posteo.de": "posteo.de",
    "t-online.de": "secureimap.t-online.de",
    "web.de": "imap.web.de",
    "zoho.com": "imap.zoho.com",
}
_HINTS = {
    "imap.gmail.com": "Gmail takes an app password (myaccount.google.com/apppasswords) or OAuth2.",
    "outlook.office365.com": "Microsoft takes OAuth2 only; docs/operations.md explains the setup.",
    "imap.mail.me.com": "iCloud takes an app-specific password (account.apple.com).",
    "imap.mail.yahoo.com": "Yahoo takes an app password.",
}


@dataclass(frozen=True)
class MailServer:
    """A mail server and a login name; `folders` by name, or none for those that the scan
    chooses."""

    host: str
    username: str
    port: int = 993
    security: str = "tls"
    folders: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the name for its account."""
        return f"{self.username}@{self.host}"[:_LABEL_CHARACTERS]

    def source(self) -> Json:
        """Return the source as the API takes it, without a secret."""
        return {
            "kind": "imap",
            "host": self.host,
            "port": self.port,
            "security": self.security,
            "username": self.username,
            "folders": list(self.folders),
        }

    def matches(self, account: Json) -> bool:
        """Return whether an account reads this mailbox and these folders."""
        known: Json = account["source"]
        return all(known.get(name) == value for name, value in self.source().items())


def is_mail_server(text: str) -> bool:
    """Return whether a SOURCE argument names a mail server."""
    return text.partition("://")[0].lower() in SCHEMES and "://" in text


def parse_server_url(text: str, *, folders: Sequence[str] = ()) -> MailServer:
    """Parse the address of a mailbox; `imap://` means STARTTLS. Raises `UsageError`."""
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise UsageError(f"Not an address of a mailbox. Use the form {_FORM}") from None
    user, at, _ = parts.netloc.rpartition("@")
    if ":" in user:
        raise UsageError(
            "Do not put the password into the address, where others can read it. Omit it to be asked, or set "
            "MAILTALLY_PASSWORD."
        )
    if not at or not user or not host or parts.query or parts.fragment:
        raise UsageError(f"Not an address of a mailbox. Use the form {_FORM}")
    security = "tls" if parts.scheme.lower() == "imaps" else "starttls"
    folder = unquote(parts.path.removeprefix("/"))
    named = (*([folder] if folder else []), *folders)
    return MailServer(parse_host(host), unquote(user), port or PORTS[security], security, tuple(dict.fromkeys(named)))


def parse_host(text: str) -> str:
    """Return the host in the form that the API keeps. Raises `UsageError`."""
    try:
        return canonical_host(text)
    except NotAHost:
        raise UsageError(f'"{text}" is not a valid host name of a mail server.') from None


def guess_host(address: str) -> str:
    """Return the mail server that a mail address most likely belongs to."""
    domain = address.rpartition("@")[2].lower()
    return _HOSTS.get(domain, f"imap.{domain}")


def login_hint(host: str) -> str | None:
    """Return what a person should know before logging in to this host."""
    return _HINTS.get(host.lower())
