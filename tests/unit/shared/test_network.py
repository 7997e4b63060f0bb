"""Which hosts a scanner connects to for its users."""

import socket

import pytest

from shared.net.address_policy import HostNotAllowed, HostUnknown, NetworkPolicy, look_up, resolve
from shared.net.hosts import is_public

POLICY = NetworkPolicy(ports=frozenset({143, 993}))


def answering(*addresses: str) -> "Names":
    return Names(list(addresses))


class Names:
    """A resolver that gives its answer and counts."""

    def __init__(self, answer: list[str] | OSError) -> None:
        self.answer = answer
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",  # noqa: S104
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
        "100::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::8.8.8.8",
        "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe", "no address",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "100.128.0.1",
        "172.32.0.1",
        "2606:2800:220:1::1",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
    ],
)
def test_an_address_of_the_public_internet_is_told(address: str) -> None:
    assert is_public(address)


async def test_only_the_public_addresses_of_a_host_remain_in_their_order() -> None:
    names = answering("2606:2800:220:1::1", "10.0.0.1", "93.184.216.34")
    assert await resolve("imap.example.org", 993, POLICY, lookup=names) == ["2606:2800:220:1::1", "93.184.216.34"]
    assert names.asked == 1


async def test_a_host_with_private_addresses_alone_needs_the_operators_leave() -> None:
    with pytest.raises(HostNotAllowed):
        await resolve("intranet", 993, POLICY, lookup=answering("10.0.0.1", "::1"))
    allowed = NetworkPolicy(ports=frozenset({993}), allow_private=True)
    assert await resolve("intranet", 993, allowed, lookup=answering("10.0.0.1", "::1")) == ["10.0.0.1", "::1"]


@pytest.mark.parametrize("written", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "::1"])
async def test_an_address_is_told_however_it_is_written(written: str) -> None:
    with pytest.raises((HostNotAllowed, HostUnknown)):
        await resolve(written, 993, POLICY, lookup=look_up)


async def test_a_port_that_is_not_allowed_is_refused_before_anything_is_looked_up() -> None:
    names = answering("8.8.8.8")
    with pytest.raises(HostNotAllowed):
        await resolve("imap.example.org", 25, POLICY, lookup=names)
    assert names.asked == 0


@pytest.mark.parametrize("errno", [socket.EAI_NONAME, socket.EAI_NODATA])
async def test_a_host_that_does_not_exist_is_unknown(errno: int) -> None:
    with pytest.raises(HostUnknown):
        await resolve("imap.example.invalid", 993, POLICY, lookup=Names(socket.gaierror(errno, "no")))


async def test_a_resolver_that_is_away_is_a_passing_fault() -> None:
    with pytest.raises(OSError, match="later"):
        await resolve("imap.example.org", 993, POLICY, lookup=Names(socket.gaierror(socket.EAI_AGAIN, "later")))


@pytest.mark.parametrize("host", ["", "a b", "a\0b", "a\r\nb", "x" * 254, f"{'x' * 64}.example.org", "a..b"])
async def test_what_cannot_be_a_host_is_unknown(host: str) -> None:
    with pytest.raises(HostUnknown):
        await resolve(host, 993, POLICY, lookup=look_up)


async def test_a_host_without_addresses_is_unknown() -> None:
    with pytest.raises(HostUnknown):
        await resolve("imap.example.org", 993, POLICY, lookup=answering())
