"""The commands of a plan, and the listing that follows from the responses."""

import datetime as dt

import pytest

from services.scanner.read_ranges import ReadRange
from services.scanner.repository.cursors import Cursor
from services.scanner.sources.imap.folders import Folder, parse_folder
from services.scanner.sources.imap.listing import FolderListing, list_folder, search_since
from services.scanner.sources.imap.responses import parse_overview
from tests.support.certificates import Authority
from tests.support.scripted_mail import Dialogue, Reached, Script, serving

MARCH = dt.date(2026, 3, 1)
INBOX = Folder("INBOX", b"INBOX", "/", frozenset())
MESSAGES = dict.fromkeys((1, 2, 5, 9), b"Subject: x\r\n\r\nbody\r\n")
NONE: frozenset[int] = frozenset()


def cursor(*read_ranges: ReadRange, uidvalidity: int = 7, uidnext: int = 10, modseq: int | None = None) -> Cursor:
    return Cursor(uidvalidity, read_ranges, uidnext, modseq)


async def listing(
    reached: Reached,
    *,
    since: dt.date | None = None,
    cursor: Cursor | None = None,
    waiting: frozenset[int] = NONE,
    folder: Folder = INBOX,
) -> FolderListing:
    session = await reached.session()
    try:
        (state,) = await session.run(session.mailbox.statuses, [folder])
        assert state is not None
        return await session.run(list_folder, session.mailbox, folder, state, since, cursor, waiting)
    finally:
        await session.close()


async def test_a_folder_is_listed_with_uids_and_nothing_else(authority: Authority) -> None:
    async with serving(Script(messages=MESSAGES), authority) as reached:
        found = await listing(reached)
    assert list(found.uids) == [1, 2, 5, 9]
    assert found.mark.read_range == ReadRange(9, None)
    assert not any("FETCH" in line for line in reached.script.said)


async def test_nothing_is_asked_of_a_folder_that_has_not_changed(authority: Authority) -> None:
    async with serving(Script(messages=MESSAGES), authority) as reached:
        found = await listing(reached, cursor=cursor(ReadRange(9, None)))
    assert (list(found.uids), found.mark.covered) == ([], 4)
    assert not any(word in line for line in reached.script.said for word in ("EXAMINE", "SEARCH"))


@pytest.mark.parametrize(
    "known",
    [
        cursor(ReadRange(9, None), uidnext=9),
        cursor(ReadRange(9, None), modseq=3),
        cursor(ReadRange(5, None)),
        cursor(ReadRange(9, MARCH)),
    ],
    ids=["a message came", "something was changed", "not all was read", "not far enough back"],
)
async def test_whatever_may_have_changed_is_looked_at(authority: Authority, known: Cursor) -> None:
    async with serving(Script(messages=MESSAGES), authority) as reached:
        await listing(reached, cursor=known)
    assert any("UID SEARCH" in line for line in reached.script.said)


async def test_a_cursor_of_other_numbers_is_none(authority: Authority) -> None:
    async with serving(Script(messages=MESSAGES), authority) as reached:
        assert len((await listing(reached, cursor=cursor(ReadRange(9, None), uidvalidity=6))).uids) == 4


async def test_what_waits_is_listed_though_it_is_covered_as_long_as_it_is_there(authority: Authority) -> None:
    async with serving(Script(messages=MESSAGES), authority) as reached:
        found = await listing(reached, cursor=cursor(ReadRange(9, None)), waiting=frozenset({2, 3}))
    assert (list(found.uids), found.mark.covered) == ([2], 3)


async def test_only_the_server_knows_what_a_shorter_scan_has_covered(authority: Authority) -> None:
    def search(_: Dialogue, tag: str, arguments: str) -> bytes:
        found = "5" if "UID 1:5" in arguments else "1:2,5,9"
        return f"* ESEARCH UID ALL {found}\r\n{tag} OK done\r\n".encode()

    async with serving(Script(messages=MESSAGES, answers={"UID SEARCH": search}), authority) as reached:
        found = await listing(reached, cursor=cursor(ReadRange(5, MARCH)))
    assert list(found.uids) == [1, 2, 9]
    assert any(line.endswith("UID SEARCH RETURN (ALL) UID 1:5 SINCE 1-Mar-2026") for line in reached.script.said)


async def test_months_are_searched_by_day_with_a_day_to_spare(authority: Authority) -> None:
    since = search_since(dt.datetime(2026, 3, 15, 12, tzinfo=dt.UTC))
    async with serving(Script(messages=MESSAGES), authority) as reached:
        found = await listing(reached, since=since)
    assert any(line.endswith("SINCE 14-Mar-2026") for line in reached.script.said)
    assert found.mark.read_range == ReadRange(9, dt.date(2026, 3, 14))


async def test_drafts_are_left_out_of_a_folder_with_everything(authority: Authority) -> None:
    everything = parse_folder((b"\\All",), b"/", b"[Gmail]/All Mail")
    assert everything is not None
    async with serving(Script(messages=MESSAGES), authority) as reached:
        await listing(reached, folder=everything)
    assert any(line.endswith("UNDRAFT ALL") for line in reached.script.said)


async def test_a_server_that_insists_on_utf8_gets_it(authority: Authority) -> None:
    script = Script(capabilities="IMAP4rev1 SASL-IR AUTH=PLAIN UTF8=ONLY ENABLE", messages=MESSAGES)
    async with serving(script, authority) as reached:
        session = await reached.session()
        assert await session.run(session.mailbox.examine, "Büro") == 7
        await session.close()
    assert any(line.endswith("ENABLE UTF8=ACCEPT") for line in script.said)
    assert any(line.endswith('EXAMINE "Büro"') for line in script.said)


async def test_an_open_folder_is_left_before_its_state_is_asked(authority: Authority) -> None:
    for capabilities, leaves in (("IMAP4rev1 AUTH=PLAIN SASL-IR UNSELECT", "UNSELECT"), ("IMAP4rev1", "CLOSE")):
        async with serving(Script(capabilities=capabilities, messages=MESSAGES), authority) as reached:
            session = await reached.session()
            await session.run(session.mailbox.examine, "INBOX")
            await session.run(session.mailbox.statuses, [INBOX])
            await session.close()
        commands = [line.split()[1] for line in reached.script.said]
        assert commands[commands.index("EXAMINE") :][:3] == ["EXAMINE", leaves, "STATUS"]


HEADER = "BODY[HEADER.FIELDS (DATE FROM SUBJECT MESSAGE-ID)]"


def identity(**told: object) -> str | None:
    return parse_overview(1, {"RFC822.SIZE": 9, HEADER: b"Message-ID: <1@x>\r\n\r\n", **told}).identity


def test_a_message_is_known_by_the_servers_own_id_else_by_what_goes_with_its_message_id() -> None:
    assert identity(EMAILID=(b"M6d99",)) == identity(EMAILID=(b"M6d99",), **{HEADER: b""}) == "eM6d99"
    assert identity(**{"X-GM-MSGID": 1278455344230334865}) == "g1278455344230334865"
    assert identity() == identity() != identity(**{"RFC822.SIZE": 10})
    assert identity() != identity(**{HEADER: b"Message-ID: <2@x>\r\n\r\n"})


@pytest.mark.parametrize("header", [b"", b"Subject: x\r\n\r\n", b"Message-ID:\r\nSubject: x\r\n\r\n"])
def test_a_message_without_an_id_is_never_taken_for_another(header: bytes) -> None:
    assert identity(**{HEADER: header}) is None
