"""Names and addresses of hosts, without resolving a name. Pure."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import idna

_MOST_CHARACTERS = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LOCAL = "localhost"
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")


class NotAHost(ValueError):
    """The text is neither a host name nor an address."""


def canonical_host(text: str) -> str:
    """Return the form that is stored and compared: a name in lower-case ASCII (IDNA 2008), or an
    address.

    Raises `NotAHost`.
    """
    bare = text.strip().removesuffix(".")
    try:
        return str(ip_address(bare.removeprefix("[").removesuffix("]")))
    except ValueError:
        pass
    try:
        name = bare.lower() if bare.isascii() else idna.encode(bare, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise NotAHost from None
    labels = name.split(".")
    if len(name) > _MOST_CHARACTERS or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise NotAHost
    return name


def is_private_host(host: str) -> bool:
    """Return whether the host is a private address or this machine, without resolving it."""
    if host == _LOCAL or host.endswith(f".{_LOCAL}"):
        return True
    try:
        return not is_public(str(ip_address(host)))
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Return whether the address is public, also for an IPv6 address that embeds an IPv4 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public(parsed)
    if parsed in _COMPATIBLE or parsed in _NAT64_LOCAL or parsed.is_site_local:
        return False
    inner = _embedded_ipv4(parsed)
    return all(_is_public(address4) for address4 in inner) if inner else _is_public(parsed)


def _embedded_ipv4(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses to which packets may be forwarded: mapped, NAT64, 6to4, Teredo."""
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        return [address.sixtofour]
    return list(address.teredo or ())


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
