"""Which addresses of a host that a user named may be connected to: none of our own network, unless it is allowed.

The host is looked up once and every address checked; whoever connects uses these addresses and never the name again, so
that a name that changes between the check and the connection gains nothing. Source: the IANA registries of special
addresses (RFC 6890).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from shared.errors import MailtallyError

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""From a host and a port to its addresses, the preferred one first. Raises OSError as `socket.getaddrinfo` does."""

_LOOKUP_S = 10.0
_MOST_HOST_CHARACTERS = 253
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_FAIL, socket.EAI_ADDRFAMILY})
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")


class HostUnknown(MailtallyError):
    """There is no such host, now or later; a lookup that fails for the moment is an OSError."""


class HostNotAllowed(MailtallyError):
    """The port is not among those allowed, or the host has no address that may be connected to."""


@dataclass(frozen=True)
class NetworkPolicy:
    """What may be connected to."""

    ports: frozenset[int]
    allow_private: bool = False
    """Loopback and private networks too, for operators whose own mail server is there."""


async def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver, which also knows /etc/hosts."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def resolve(host: str, port: int, policy: NetworkPolicy, *, lookup: Lookup = look_up) -> list[str]:
    """The addresses of the host that may be connected to, at least one. Looks the name up once.

    Raises `HostNotAllowed`, `HostUnknown`, or OSError (a time-out is one) when asking again may help.
    """
    if port not in policy.ports:
        raise HostNotAllowed("the port is not among those allowed")
    if not 0 < len(host) <= _MOST_HOST_CHARACTERS or not host.isprintable() or " " in host:
        raise HostUnknown("not the name of a host")
    try:
        async with asyncio.timeout(_LOOKUP_S):
            addresses = await lookup(host, port)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            raise HostUnknown("no host of this name") from None
        raise
    except UnicodeError:  # a label that is empty or too long for IDNA
        raise HostUnknown("not the name of a host") from None
    allowed = [address for address in addresses if policy.allow_private or is_public(address)]
    if addresses and not allowed:
        raise HostNotAllowed("the host has private addresses only")
    if not allowed:
        raise HostUnknown("the host has no address")
    return allowed


def is_public(address: str) -> bool:
    """Whether this is an address of the public internet, also where IPv6 carries an IPv4 address inside."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public(parsed)
    if parsed in _COMPATIBLE or parsed in _NAT64_LOCAL or parsed.is_site_local:
        return False
    inner = _embedded(parsed)
    return all(_is_public(one) for one in inner) if inner else _is_public(parsed)


def _embedded(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that packets to this address may end at: mapped, NAT64, 6to4, Teredo."""
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        return [address.sixtofour]
    return list(address.teredo or ())


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
