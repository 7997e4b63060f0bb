"""Servers that misbehave: it costs at most the message concerned, or a retry."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from services.scanner.slices import Slice
from services.scanner.sources.base import FetchedMessage, Scope, ThrottledError
from services.scanner.sources.imap import session as sessions
from services.scanner.sources.imap.error_mapping import MailboxUnreachableError
from services.scanner.sources.imap.source import ImapSource
from shared.ledger_reasons import ReasonCode
from tests.support.certificates import Authority
from tests.support.imap_doubles import no_cursors, no_ledger, plain_connections
from tests.support.scripted_mail import MOST_BYTES, Answer, Dialogue, Reached, Script, fetched, serving
from tests.support.waiting import patience

BODY = "Nothing but words"


def a_mail(number: int, body: str = BODY) -> bytes:
    header = f"From: a@example.org\r\nSubject: mail {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n"
    return f"{header}{body} {number}\r\n".encode()


FIVE = {uid: a_mail(uid) for uid in range(1, 6)}


@asynccontextmanager
async def a_source(reached: Reached) -> AsyncIterator[ImapSource]:
    scope = Scope("account", everything=True, not_before=None, full=False)
    async with plain_connections(reached) as connections:
        yield ImapSource(reached.mailbox, scope, connections, no_cursors(), no_ledger(), max_bytes=MOST_BYTES)


async def read(reached: Reached, uids: Sequence[int] = tuple(FIVE)) -> Mapping[int, FetchedMessage]:
    """Read the messages of a slice."""
    piece = Slice("INBOX", 7)
    for uid in uids:
        piece.add(uid)
    async with a_source(reached) as source:
        return {message.uid: message async for message in source.fetch(piece, skip=frozenset())}


async def listed(reached: Reached) -> list[tuple[str, int]]:
    """List what a plan finds."""
    async with a_source(reached) as source:
        return [(message.folder, message.uid) async for message in source.messages()]


def texts(messages: Mapping[int, FetchedMessage]) -> dict[int, bool]:
    """Return whether the body came, by uid."""
    return {uid: f"{BODY} {uid}".encode() in (message.raw or b"") for uid, message in messages.items()}


def on_fetch(change: "dict[str, Answer]") -> Script:
    return Script(messages=FIVE, answers=change)


def first_fetch(dialogue: Dialogue) -> bool:
    return sum("UID FETCH" in line for line in dialogue.script.said) == 1


def right(dialogue: Dialogue, tag: str, arguments: str, *, without: Sequence[int] = ()) -> bytes:
    """Return the correct answer to a FETCH of any of the five."""
    items = arguments.partition(" ")[2]
    wanted = [uid for uid in FIVE if uid not in without and _names(arguments, uid)]
    return b"".join(fetched(uid, dialogue.script.messages[uid], items) for uid in wanted) + f"{tag} OK x\r\n".encode()


def _names(arguments: str, uid: int) -> bool:
    for piece in arguments.partition(" ")[0].split(","):
        first, _, last = piece.partition(":")
        if int(first) <= uid <= int(last or first):
            return True
    return False


async def test_a_server_that_does_all_right_is_read_in_order(authority: Authority) -> None:
    async with serving(Script(messages=FIVE), authority) as reached:
        assert await listed(reached) == [("INBOX", uid) for uid in FIVE]
        messages = await read(reached)
    assert list(messages) == list(FIVE)
    assert all(texts(messages).values())
    assert messages[1].size == len(FIVE[1])


@pytest.mark.parametrize("at", ["LIST", "STATUS", "EXAMINE", "UID SEARCH"])
@pytest.mark.parametrize(
    ("said", "is_throttled"),
    [
        ("hangs up", False),
        ("* BYE Server shutting down\r\n", False),
        ("* BYE [THROTTLED] Too many requests\r\n", True),
        ("{tag} NO [UNAVAILABLE] Backend error\r\n", False),
        ("{tag} NO [LIMIT] Too many simultaneous commands\r\n", True),
        ("{tag} NO [OVERQUOTA] Account exceeded command or bandwidth limits.\r\n", True),
        ("{tag} BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n", True),
        ("{tag} BAD User is authenticated but not connected.\r\n", False),
        ("HTTP/1.1 400 Bad Request\r\n", False),
    ],
)
async def test_what_passes_is_a_fault_and_a_patient_one_where_the_server_asks_for_it(
    authority: Authority, at: str, said: str, is_throttled: bool
) -> None:
    def answer(_: Dialogue, tag: str, __: str) -> bytes | None:
        return None if said == "hangs up" else said.format(tag=tag).encode()

    async with serving(Script(messages=FIVE, answers={at: answer}), authority) as reached:
        with pytest.raises(OSError, match="asks to wait" if is_throttled else "ended or refused") as fault:
            await listed(reached)
    assert isinstance(fault.value, ThrottledError) is is_throttled
    if "92415" in said and isinstance(fault.value, ThrottledError):
        assert fault.value.seconds == pytest.approx(92.415)


async def test_a_connection_that_ends_inside_a_message_is_a_fault(authority: Authority) -> None:
    def answer(dialogue: Dialogue, tag: str, arguments: str) -> bytes | None:
        if "HEADER.FIELDS" in arguments:
            return right(dialogue, tag, arguments)
        dialogue.send(right(dialogue, tag, arguments)[:200])
        return None

    async with serving(on_fetch({"UID FETCH": answer}), authority) as reached:
        with pytest.raises(MailboxUnreachableError):
            await read(reached)


async def test_a_server_that_falls_silent_is_given_up(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_SILENCE_S", 0.3)
    async with serving(on_fetch({"UID FETCH": lambda _, __, ___: b""}), authority) as reached:
        with pytest.raises(OSError, match="timed out"):
            await read(reached)


async def test_a_server_that_drips_is_given_up(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_OPERATION_S", 0.5)

    def drip(dialogue: Dialogue, _: str, __: str) -> bytes:
        dialogue.drip(b"* OK still here\r\n", every_s=0.05)
        return b""

    async with serving(on_fetch({"UID FETCH": drip}), authority) as reached:
        with pytest.raises(TimeoutError):
            await read(reached)


async def test_reading_can_be_cancelled_while_the_server_says_nothing(authority: Authority) -> None:
    asked = asyncio.Event()

    def silent(_: Dialogue, __: str, ___: str) -> bytes:
        asked.set()
        return b""

    async with serving(on_fetch({"UID FETCH": silent}), authority) as reached:
        reading = asyncio.create_task(read(reached))
        await asked.wait()
        reading.cancel()
        async with patience():
            await asyncio.wait([reading])
        assert reading.cancelled()


async def test_one_message_that_the_server_cannot_give_out_costs_that_message(authority: Authority) -> None:
    def answer(dialogue: Dialogue, tag: str, arguments: str) -> bytes:
        if _names(arguments, 3):
            return f"{tag} NO Some messages could not be fetched\r\n".encode()
        return right(dialogue, tag, arguments)

    async with serving(on_fetch({"UID FETCH": answer}), authority) as reached:
        messages = await read(reached)
    assert messages[3].refused is ReasonCode.NOT_GIVEN_OUT
    assert [uid for uid, came in texts(messages).items() if came] == [1, 2, 4, 5]


async def test_a_message_that_is_gone_is_told_so(authority: Authority) -> None:
    def answer(dialogue: Dialogue, tag: str, arguments: str) -> bytes:
        return right(dialogue, tag, arguments, without=[2])

    async with serving(on_fetch({"UID FETCH": answer}), authority) as reached:
        messages = await read(reached)
    assert messages[2].refused is ReasonCode.NOT_THERE
    assert sum(texts(messages).values()) == 4


async def test_a_folder_that_is_gone_or_was_made_anew_takes_its_messages_along(authority: Authority) -> None:
    gone: dict[str, Answer] = {"EXAMINE": lambda _, tag, __: f"{tag} NO [NONEXISTENT] no such folder\r\n".encode()}
    anew: dict[str, Answer] = {"EXAMINE": lambda _, tag, __: f"* OK [UIDVALIDITY 8] x\r\n{tag} OK done\r\n".encode()}
    for answers in (gone, anew):
        async with serving(Script(messages=FIVE, answers=answers), authority) as reached:
            messages = await read(reached)
        assert {message.refused for message in messages.values()} == {ReasonCode.NOT_THERE}
