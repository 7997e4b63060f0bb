"""HTTP to addresses that users named: httpcore's connections, each to an address that was checked just before.

httpcore reads no proxy from the environment and follows no redirect; the host's name stays what TLS verifies.
"""

from collections.abc import Iterable

import httpcore

from shared.net.address_policy import Lookup, NetworkPolicy, look_up, resolve


class CheckedAddresses(httpcore.AsyncNetworkBackend):
    """Connects to addresses that may be connected to; the host's name is looked up once, here.

    Any port: which ports a host may have is to be said when its address is stored.
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
        """The first of the addresses that answers. Raises `HostNotAllowed`, `HostUnknown`, or what httpcore does."""
        policy = NetworkPolicy(frozenset({port}), allow_private=self._allow_private)
        refused: Exception = OSError("no address")
        for address in await resolve(host, port, policy, lookup=self._lookup):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        raise refused

    async def sleep(self, seconds: float) -> None:
        """As the library wants it."""
        await self._network.sleep(seconds)
