"""TLS and addresses: no login without valid TLS, and no connection to an unchecked address."""

import asyncio
import ssl
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.imap.session import Network
from shared.net.address_policy import NetworkPolicy, tls_context
from tests.support.certificates import Authority
from tests.support.scripted_mail import HOST, LOGIN, Dialogue, Reached, Script, server_context, serving


async def refused(reached: Reached) -> ErrorCode:
    """Return the error code of a refused connection, after checking that no secret was sent."""
    with pytest.raises(PermanentFailure) as failure:
        await reached.session()
    assert not any("AUTHENTICATE" in line or LOGIN.password in line for line in reached.script.said)
    return failure.value.code


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_of_a_known_authority_for_the_host_is_taken(authority: Authority, security: str) -> None:
    script = Script(capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR")
    async with serving(script, authority, security=security) as reached:
        session = await reached.session()
        assert [folder.name for folder in await session.run(session.mailbox.folders)] == ["INBOX"]
        await session.close()


async def test_an_authority_of_ones_own_need_not_say_all_that_the_standard_asks_for(tmp_path: Path) -> None:
    terse = Authority(tmp_path, terse=True)
    strict = ssl.create_default_context(cadata=terse.certificate.read_text("ascii"))
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    async with serving(Script(), terse) as reached:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(HOST, reached.mailbox.port, ssl=strict)
        session = await reached.session()
        await session.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("fault", ["other host", "over", "unknown authority"])
async def test_what_does_not_hold_is_refused(authority: Authority, tmp_path: Path, security: str, fault: str) -> None:
    contexts = {
        "other host": lambda: server_context(authority, "imap.example.org"),
        "over": lambda: server_context(authority, days=-1),
        "unknown authority": lambda: server_context(Authority(tmp_path)),
    }
    script = Script(capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR")
    async with serving(script, authority, tls=contexts[fault](), security=security) as reached:
        assert await refused(reached) is ErrorCode.TLS_FAILED


async def test_old_versions_of_tls_are_not_spoken(authority: Authority) -> None:
    context = server_context(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with serving(Script(), authority, tls=context) as reached:
        with pytest.raises((PermanentFailure, ConnectionResetError, ssl.SSLError)):
            await reached.session()
    assert reached.script.said == []


def _refuses(_: Dialogue, tag: str, arguments: str) -> bytes:  # noqa: ARG001 (interface)
    return f"{tag} NO not today\r\n".encode()


def _injects(_: Dialogue, tag: str, arguments: str) -> bytes:  # noqa: ARG001 (interface)
    return f"{tag} OK begin\r\n* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello from the wire\r\n".encode()


@pytest.mark.parametrize(
    "script",
    [
        Script(capabilities="IMAP4rev1 AUTH=PLAIN"),
        Script(capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN", answers={"STARTTLS": _refuses}),
        Script(capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN", answers={"STARTTLS": _injects}),
        Script(capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN", greeting=b"* PREAUTH welcome\r\n"),
    ],
    ids=["not offered", "refused", "data before TLS", "logged in already"],
)
async def test_starttls_is_never_gone_without(authority: Authority, script: Script) -> None:
    async with serving(script, authority, security="starttls") as reached:
        assert await refused(reached) is ErrorCode.TLS_FAILED


async def test_what_was_offered_before_tls_counts_for_nothing(authority: Authority) -> None:
    script = Script(capabilities="IMAP4rev1 STARTTLS LOGINDISABLED")

    def starts(dialogue: Dialogue, tag: str, _: str) -> bytes:
        dialogue.script.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR"
        return f"{tag} OK begin\r\n".encode()

    script.answers["STARTTLS"] = starts
    async with serving(script, authority, security="starttls") as reached:
        session = await reached.session()
        await session.close()
    assert any("AUTHENTICATE PLAIN" in line for line in script.said)


async def test_a_server_that_speaks_no_tls_is_no_safe_server(authority: Authority) -> None:
    async with serving(Script(), authority, security="starttls") as reached:
        plain = replace(reached, mailbox=reached.mailbox.model_copy(update={"security": "tls"}))
        assert await refused(plain) is ErrorCode.TLS_FAILED


async def test_an_address_that_changes_after_it_was_checked_is_not_connected_to(authority: Authority) -> None:
    """The name is looked up once; what the second look would give is a server that must not be
    reached."""
    async with serving(Script(), authority) as inner:
        looks: list[str] = []

        async def changing(host: str, _: int) -> list[str]:
            looks.append(host)
            return ["192.0.2.1" if len(looks) == 1 else HOST]

        port = inner.mailbox.port
        network = Network(NetworkPolicy(frozenset({port})), tls_context(), 1, lookup=changing)
        outside = replace(
            inner, mailbox=inner.mailbox.model_copy(update={"host": "rebinding.example"}), network=network
        )
        assert await refused(outside) is ErrorCode.HOST_NOT_ALLOWED
        assert looks == ["rebinding.example"]
        assert inner.script.connections == 0


async def test_the_checked_address_is_connected_to_and_the_name_is_not_looked_up_again(authority: Authority) -> None:
    async with serving(Script(), authority, tls=server_context(authority, "imap.example.org")) as inner:
        looks: list[str] = []

        async def once(host: str, _: int) -> list[str]:
            looks.append(host)
            return [HOST]

        network = replace(inner.network, lookup=once)
        named = replace(inner, mailbox=inner.mailbox.model_copy(update={"host": "imap.example.org"}), network=network)
        session = await named.session()
        await session.close()
        assert looks == ["imap.example.org"]


@pytest.mark.parametrize("port", [25, 6379])
async def test_other_ports_are_not_tried(authority: Authority, port: int) -> None:
    async with serving(Script(), authority) as reached:
        other = replace(reached, mailbox=reached.mailbox.model_copy(update={"port": port}))
        assert await refused(other) is ErrorCode.HOST_NOT_ALLOWED
