"""Policy for addresses of hosts that users name: none of our own network, unless it is allowed.

The name is resolved once and every address is checked. Connections use these addresses and never
the name again, which defeats DNS rebinding. Source: the IANA registries of special addresses (RFC
6890).
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.errors import MailtallyError
from shared.net.hosts import is_public

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Resolves a host and a port to addresses, the preferred one first.

Raises OSError as `socket.getaddrinfo` does.
"""

_LOOKUP_S = 10.0
_MOST_HOST_CHARACTERS = 253
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_FAIL, socket.EAI_ADDRFAMILY})


class HostUnknown(MailtallyError):
    """The host does not exist; a lookup that fails temporarily raises OSError instead."""


class HostNotAllowed(MailtallyError):
    """The port is not allowed, or the host has no allowed address."""


@dataclass(frozen=True)
class NetworkPolicy:
    """Ports and addresses to which connections are allowed."""

    ports: frozenset[int]
    allow_private: bool = False
    """Allow loopback and private networks, for operators whose own mail server is there."""


async def look_up(host: str, port: int) -> list[str]:
    """Ask the resolver of the system, which also reads /etc/hosts."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in infos))


async def resolve(host: str, port: int, policy: NetworkPolicy, *, lookup: Lookup = look_up) -> list[str]:
    """Resolve the host once and return its allowed addresses, at least one.

    Raises `HostNotAllowed`, `HostUnknown`, or OSError (also for a time-out) when a retry may help.
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
    """Make a context for TLS 1.2 or newer that verifies certificate and host name.

    It trusts the authorities of the system and the given ones. With given ones, certificates need
    not be as strict as RFC 5280: Python 3.13 checks that by default, but many private authorities
    leave out the usage or the identifier of their key.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if extra_certificates is not None:
        context.load_verify_locations(cadata=extra_certificates)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
