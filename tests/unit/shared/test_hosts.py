"""Hosts as users write them."""

import pytest

from shared.net.hosts import NotAHost, canonical_host, is_private_host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("imap.example.com", "imap.example.com"),
        (" IMAP.Example.COM. ", "imap.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("mail_1.example", "mail_1.example"),
        ("dovecot", "dovecot"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
    ],
)
def test_a_host_has_one_form(text: str, host: str) -> None:
    assert canonical_host(text) == host


@pytest.mark.parametrize(
    "text",
    ["", ".", "a..b", "-a.example", "a b", "a/b", "a:1", "user@host", "1.2.3.999", "127.1", "x" * 64, "a." * 130],
)
def test_what_can_be_no_host_is_refused(text: str) -> None:
    with pytest.raises(NotAHost):
        canonical_host(text)


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost", "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"]
)
def test_our_own_network_is_known_without_looking_a_name_up(host: str) -> None:
    assert is_private_host(host)


@pytest.mark.parametrize("host", ["imap.example.com", "8.8.8.8", "2001:4860:4860::8888"])
def test_others_may_be_public(host: str) -> None:
    assert not is_private_host(host)
