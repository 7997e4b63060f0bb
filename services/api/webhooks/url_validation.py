"""Where webhooks may lead, as far as the text tells without a look-up: whoever connects checks what it resolves to."""

from urllib.parse import SplitResult, urlsplit

from shared.net.hosts import NotAHost, canonical_host, is_private_host


class NotAllowed(ValueError):
    """The sentence says what an address must be."""


def checked_url(text: str, *, allow_private: bool) -> str:
    """The address with its host in canonical form. Raises `NotAllowed`.

    With `allow_private` also http, and hosts of this machine and of private networks.
    """
    if not (text.isascii() and text.isprintable()) or " " in text or "\\" in text:
        raise NotAllowed("must be printable ASCII without blanks; percent-encode the rest")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NotAllowed("is no address") from None
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise NotAllowed("must begin with https://")
    if "@" in parts.netloc:
        raise NotAllowed("must not hold a user or password")
    if "#" in text:
        raise NotAllowed("must not have a fragment")
    if port == 0:
        raise NotAllowed("must have a port that can be connected to")
    return _canonical(parts, port, allow_private=allow_private)


def _canonical(parts: SplitResult, port: int | None, *, allow_private: bool) -> str:
    try:
        host = canonical_host(parts.hostname or "")
    except NotAHost:
        raise NotAllowed("must have the name of a host") from None
    if not allow_private and is_private_host(host):
        raise NotAllowed("must not lead to this machine or a private network")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc = f"{netloc}:{port}"
    return parts._replace(netloc=netloc, path=parts.path or "/").geturl()
