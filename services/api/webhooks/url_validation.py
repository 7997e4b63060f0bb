"""Validation of webhook addresses by their text; the HTTP client checks what they resolve to."""

from urllib.parse import SplitResult, urlsplit

from shared.net.hosts import NotAHost, canonical_host, is_private_host


class UrlNotAllowedError(ValueError):
    """Raised for an address that webhooks may not have; its text says what is wrong."""


def validated_url(text: str, *, allow_private: bool) -> str:
    """Return the address with its host in canonical form. Raises `UrlNotAllowedError`.

    `allow_private` also accepts http, and hosts of this machine and of private networks.
    """
    if not (text.isascii() and text.isprintable()) or " " in text or "\\" in text:
        raise UrlNotAllowedError("The address must be printable ASCII without blanks; percent-encode other characters.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UrlNotAllowedError("This is not a valid address.") from None
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise UrlNotAllowedError("The address must begin with https://.")
    if "@" in parts.netloc:
        raise UrlNotAllowedError("The address must not contain a user name or password.")
    if "#" in text:
        raise UrlNotAllowedError("The address must not have a fragment (#).")
    if port == 0:
        raise UrlNotAllowedError("Port 0 is not allowed in the address.")
    return _canonical(parts, port, allow_private=allow_private)


def _canonical(parts: SplitResult, port: int | None, *, allow_private: bool) -> str:
    try:
        host = canonical_host(parts.hostname or "")
    except NotAHost:
        raise UrlNotAllowedError("The address must have a valid host name.") from None
    if not allow_private and is_private_host(host):
        raise UrlNotAllowedError("The address must not lead to this machine or a private network.")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc = f"{netloc}:{port}"
    return parts._replace(netloc=netloc, path=parts.path or "/").geturl()
