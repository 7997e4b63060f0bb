"""Which addresses of a host that a user named may be connected to: none of our own network, unless it is allowed.

The host is looked up once and every address checked; whoever connects uses these addresses and never the name again, so
that a name that changes between the check and the connection gains nothing. Source: the IANA registries of special
addresses (RFC 6890).
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.errors import MailtallyError
from shared.net.hosts import is_public

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""From a host and a port to its addresses, the preferred one first. Raises OSError as `socket.getaddrinfo` does."""

_LOOKUP_S = 10.0
_MOST_HOST_CHARACTERS = 253
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_FAIL, socket.EAI_ADDRFAMILY})


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


def tls_context(extra_certificates: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer, certificate and host name verified against the system's authorities and the given ones.

    With given ones, certificates need not say all that RFC 5280 asks for: Python 3.13 began to insist on it, but many
    authorities of a company's own leave out their key's usage or identifier.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if extra_certificates is not None:
        context.load_verify_locations(cadata=extra_certificates)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
