"""HTTP to hosts that users name: httpcore connects to an address that was checked just before.

httpcore reads no proxy from the environment and follows no redirect. TLS still verifies the host
name.
"""

from collections.abc import Iterable

import httpcore

from shared.net.address_policy import Lookup, NetworkPolicy, look_up, resolve


class CheckedNetworkBackend(httpcore.AsyncNetworkBackend):
    """Resolves a host name once and connects to its allowed addresses.

    Every port is allowed: ports are checked when a URL is stored.
    """

    def __init__(self, *, allow_private: bool, lookup: Lookup = look_up) -> None:
        self._allow_private = allow_private
        self._lookup = lookup
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the library's interface)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers.

        Raises `HostNotAllowed`, `HostUnknown`, or httpcore's errors.
        """
        policy = NetworkPolicy(frozenset({port}), allow_private=self._allow_private)
        last_error: Exception = OSError("no address")
        for address in await resolve(host, port, policy, lookup=self._lookup):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last_error = error
        raise last_error

    async def sleep(self, seconds: float) -> None:
        """Sleep; part of the interface of the library."""
        await self._network.sleep(seconds)
