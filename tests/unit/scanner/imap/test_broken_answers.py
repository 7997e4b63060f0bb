"""Broken FETCH, LIST and SEARCH responses."""

import re

import pytest

from services.scanner.sources.imap.error_mapping import MailboxUnreachableError
from shared.ledger_reasons import ReasonCode
from tests.support.certificates import Authority
from tests.support.scripted_mail import MOST_BYTES, Answer, Dialogue, Script, fetched, serving
from tests.unit.scanner.imap.test_misbehaving import FIVE, listed, on_fetch, read, right, texts


def replacing(old: bytes, new: bytes) -> Answer:
    """Return the correct answers to FETCH with something changed."""
    return lambda dialogue, tag, arguments: re.sub(old, new, right(dialogue, tag, arguments))


STRUCTURE = rb'BODYSTRUCTURE \("text" "plain" NIL NIL NIL "7bit" \d+ \d+ NIL NIL NIL\)'


@pytest.mark.parametrize(
    "structure",
    [
        b"BODYSTRUCTURE NIL",
        b"BODYSTRUCTURE ()",
        b"BODYSTRUCTURE (((",
        b'BODYSTRUCTURE ("text" "plain"',
        b'BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" -1 NIL)',
        b'BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" "many" NIL)',
        b"BODYSTRUCTURE " + b"(" * 500 + b")" * 500,
        b"FLAGS ()",
        b'BODYSTRUCTURE ("text" "pl"ain" NIL NIL NIL "7bit" 1 1)',
    ],
)
async def test_a_message_whose_structure_is_of_no_use_is_read_as_a_whole(
    authority: Authority, structure: bytes
) -> None:
    async with serving(on_fetch({"UID FETCH": replacing(STRUCTURE, structure)}), authority) as reached:
        messages = await read(reached)
    assert all(texts(messages).values())
    assert {message.refused for message in messages.values()} == {None}


@pytest.mark.parametrize(
    "missing", [rb"BODY\[HEADER.FIELDS [^\r]*\{\d+\}\r\n(?:[^\r]+\r\n)+\r\n", rb"RFC822.SIZE \d+ "]
)
async def test_missing_items_do_not_lose_the_message(authority: Authority, missing: bytes) -> None:
    async with serving(on_fetch({"UID FETCH": replacing(missing, b"")}), authority) as reached:
        assert all(texts(await read(reached)).values())


async def test_a_part_that_does_not_come_is_asked_for_with_its_message(authority: Authority) -> None:
    async with serving(on_fetch({"UID FETCH": replacing(rb"BODY\[1\]", b"BODY[7]")}), authority) as reached:
        assert all(texts(await read(reached)).values())


@pytest.mark.parametrize("size", [b"RFC822.SIZE 1", b"RFC822.SIZE 999999", b"RFC822.SIZE NIL"])
async def test_a_wrong_size_changes_nothing(authority: Authority, size: bytes) -> None:
    async with serving(on_fetch({"UID FETCH": replacing(rb"RFC822.SIZE \d+", size)}), authority) as reached:
        assert all(texts(await read(reached)).values())


@pytest.mark.parametrize("size", [b"1", b"999999"])
async def test_a_wrong_size_of_a_part_changes_nothing(authority: Authority, size: bytes) -> None:
    wrong = replacing(rb'"7bit" \d+', b'"7bit" ' + size)
    async with serving(on_fetch({"UID FETCH": wrong}), authority) as reached:
        assert all(texts(await read(reached)).values())


async def test_other_news_in_between_are_nobodys_answer(authority: Authority) -> None:
    """Flags that somebody changes come without a uid, under numbers that look like one."""
    news = b"* 3 FETCH (FLAGS (\\Seen))\r\n* 9 EXISTS\r\n* 1 EXPUNGE\r\n* OK still here\r\n* VANISHED 77\r\n"

    def answer(dialogue: Dialogue, tag: str, arguments: str) -> bytes:
        return news + right(dialogue, tag, arguments).replace(b"* 2 FETCH", news + b"* 2 FETCH")

    async with serving(on_fetch({"UID FETCH": answer}), authority) as reached:
        messages = await read(reached)
    assert all(texts(messages).values())
    assert list(messages) == list(FIVE)


async def test_items_of_a_message_may_come_in_several_answers(authority: Authority) -> None:
    split = replacing(
        rb"(UID (\d)) RFC822.SIZE (\d+) BODYSTRUCTURE", rb"\1 RFC822.SIZE \3)\r\n* \2 FETCH (\1 BODYSTRUCTURE"
    )
    async with serving(on_fetch({"UID FETCH": split}), authority) as reached:
        assert all(texts(await read(reached)).values())


async def test_literals_may_be_anywhere(authority: Authority) -> None:
    literal = replacing(rb'"plain"', b"{5}\r\nplain")
    answers: dict[str, Answer] = {
        "UID FETCH": literal,
        "LIST": lambda _, tag, __: (
            b'* LIST () "/" {5}\r\nInbox\r\n* LIST (\\HasNoChildren) {1}\r\n/ {8}\r\nM&APw-ll\r\n'
            + f"{tag} OK done\r\n".encode()
        ),
    }
    async with serving(Script(messages=FIVE, answers=answers), authority) as reached:
        assert {folder for folder, _ in await listed(reached)} == {"INBOX", "Müll"}
        assert all(texts(await read(reached)).values())


async def test_more_at_once_than_was_asked_for_cuts_the_server_off(authority: Authority) -> None:
    flood = replacing(rb"BODY\[1\]<0> \{\d+\}", b"BODY[1]<0> {%d}" % (100 * MOST_BYTES))
    async with serving(on_fetch({"UID FETCH": flood}), authority) as reached:
        with pytest.raises(MailboxUnreachableError):
            await read(reached)


MUCH = b"x" * 500_000


@pytest.mark.parametrize(
    "flood",
    [b"* 1 FETCH (FLAGS (" + MUCH + b"))\r\n", b"* OK " + MUCH + b"\r\n", b"* LIST () NIL {9999999999}\r\n"],
    ids=["answers", "news", "literal"],
)
async def test_an_answer_without_end_is_cut_off(authority: Authority, flood: bytes) -> None:
    def answer(dialogue: Dialogue, _: str, __: str) -> bytes:
        dialogue.drip(flood, every_s=0)
        return b""

    async with serving(on_fetch({"UID FETCH": answer}), authority) as reached:
        with pytest.raises(MailboxUnreachableError):
            await read(reached)


async def test_a_size_that_is_no_number_for_anyone_is_a_fault(authority: Authority) -> None:
    endless = replacing(rb"\{\d+\}", b"{" + b"9" * 5_000 + b"}")
    async with serving(on_fetch({"UID FETCH": endless}), authority) as reached:
        with pytest.raises(MailboxUnreachableError):
            await read(reached)


async def test_a_message_without_structure_that_is_too_large_is_not_read(authority: Authority) -> None:
    large = {1: FIVE[1], 2: FIVE[2] + b"x" * MOST_BYTES}
    script = Script(messages=large)
    script.answers["UID FETCH"] = lambda _, tag, arguments: re.sub(
        STRUCTURE, b"BODYSTRUCTURE NIL", right_of(large, tag, arguments)
    )
    async with serving(script, authority) as reached:
        messages = await read(reached, [1, 2])
    assert messages[2].refused is ReasonCode.MESSAGE_TOO_LARGE
    assert messages[2].size == len(large[2])
    assert messages[1].raw is not None


def right_of(messages: dict[int, bytes], tag: str, arguments: str) -> bytes:
    numbers = arguments.partition(" ")[0]
    wanted = [uid for uid in messages if str(uid) in numbers or numbers == "1:2"]
    items = arguments.partition(" ")[2]
    return b"".join(fetched(uid, messages[uid], items) for uid in wanted) + f"{tag} OK done\r\n".encode()


@pytest.mark.parametrize(
    ("capabilities", "answer"),
    [
        ("IMAP4rev1 AUTH=PLAIN SASL-IR", "* SEARCH 5 3 1\r\n* SEARCH 4 2\r\n{tag} OK\r\n"),
        ("IMAP4rev1 AUTH=PLAIN SASL-IR", "* SEARCH 1 2 3 4 5 (MODSEQ 917162500)\r\n{tag} OK done\r\n"),
        ("IMAP4rev1 AUTH=PLAIN SASL-IR ESEARCH", '* ESEARCH (TAG "{tag}") UID ALL 4:5,1:3\r\n{tag} OK done\r\n'),
        ("IMAP4rev1 AUTH=PLAIN SASL-IR ESEARCH", "* ESEARCH UID COUNT 5 ALL 1:3,5:4\r\n{tag} OK done\r\n"),
        ("IMAP4rev1 AUTH=PLAIN SASL-IR ESEARCH", "* SEARCH 1 2 3 4 5\r\n{tag} OK done\r\n"),
    ],
)
async def test_searches_are_answered_in_many_ways(authority: Authority, capabilities: str, answer: str) -> None:
    script = Script(capabilities=capabilities, messages=FIVE)
    script.answers["UID SEARCH"] = lambda _, tag, __: answer.format(tag=tag).encode()
    async with serving(script, authority) as reached:
        assert await listed(reached) == [("INBOX", uid) for uid in FIVE]


@pytest.mark.parametrize("answer", ["1:99999999999", "nonsense", "1:*"])
async def test_a_search_that_finds_nonsense_is_a_fault(authority: Authority, answer: str) -> None:
    script = Script(messages=FIVE)
    script.answers["UID SEARCH"] = lambda _, tag, __: f"* ESEARCH UID ALL {answer}\r\n{tag} OK done\r\n".encode()
    async with serving(script, authority) as reached:
        with pytest.raises(MailboxUnreachableError):
            await listed(reached)


async def test_names_that_break_the_rules_are_opened_as_they_are(authority: Authority) -> None:
    names = [b'"&Jjo!"', b'"Gesch\xe4ft"', '"Büro"'.encode(), b'"&bad-&-"', b"2024", b'"a\\"b"']
    script = Script(messages=FIVE)
    script.answers["LIST"] = lambda _, tag, __: (
        b"".join(b'* LIST (\\HasNoChildren) "/" ' + name + b"\r\n" for name in names)
        + b"* LIST nonsense\r\n"
        + f"{tag} OK done\r\n".encode()
    )
    examined: list[str] = []

    def examine(_: Dialogue, tag: str, arguments: str) -> bytes:
        examined.append(arguments)
        return f"* OK [UIDVALIDITY 7] x\r\n{tag} OK done\r\n".encode()

    script.answers["EXAMINE"] = examine
    async with serving(script, authority) as reached:
        folders = {folder for folder, _ in await listed(reached)}
    assert {"Büro", "2024", 'a"b', "&Jjo!"} <= folders
    assert len(folders) == len(names) == len(examined)
