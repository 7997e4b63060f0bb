"""The mbox files: readable by any mail program, in order, and reserved domains alone in them."""

import re
from collections import Counter

import pytest

from tests.unit.samples.conftest import USERS, Samples


@pytest.mark.parametrize("user", USERS)
def test_the_standard_library_reads_every_message_in_the_order_of_the_truth(samples: Samples, user: str) -> None:
    expected = [row["message_id"] for row in samples.truth() if row["mailbox"] == user]
    assert list(samples.raw(user)) == expected
    assert 250 <= len(expected) <= 350


@pytest.mark.parametrize("user", USERS)
def test_lines_end_in_lf_alone(samples: Samples, user: str) -> None:
    assert b"\r" not in (samples.folder / f"{user}.mbox").read_bytes()


@pytest.mark.parametrize("user", USERS)
def test_lines_that_look_like_a_separator_are_quoted_once_more(samples: Samples, user: str) -> None:
    raw = (samples.folder / f"{user}.mbox").read_bytes()
    assert re.search(rb"^>From billing@\S+ Mon Mar", raw, re.MULTILINE)
    assert re.search(rb"^>>From here on: copy$", raw, re.MULTILINE)


@pytest.mark.parametrize("user", USERS)
def test_every_address_is_in_a_domain_that_cannot_exist(samples: Samples, user: str) -> None:
    raw = (samples.folder / f"{user}.mbox").read_bytes()
    senders = re.findall(rb"^From: .*?@([\w.-]+)>$", raw, re.MULTILINE)
    domains = Counter(re.sub(rb"^.*?(example\.\w+)$", rb"\1", domain) for domain in senders)
    assert set(domains) == {b"example.com", b"example.net", b"example.org"}


@pytest.mark.parametrize("user", USERS)
def test_the_everyday_mail_is_varied(samples: Samples, user: str) -> None:
    messages = list(samples.raw(user).values())
    lists = sum(b"\nList-Id:" in message for message in messages)
    bulk = sum(b"\nList-Unsubscribe:" in message for message in messages)
    invites = sum(b"text/calendar" in message for message in messages)
    assert min(lists, bulk - lists) >= 30
    assert invites >= 5


@pytest.mark.parametrize("user", USERS)
def test_broken_messages_are_broken(samples: Samples, user: str) -> None:
    messages = list(samples.raw(user).values())
    assert any(len(message.partition(b"\n\n")[0]) > 30_000 for message in messages), "huge header"
    assert any(not message.partition(b"\n\n")[2].strip() for message in messages), "no body"
    assert any(b"x-user-defined-7" in message for message in messages), "unknown charset"
    assert any(re.search(rb"^Subject: [^\n]*\xfc", message, re.MULTILINE) for message in messages), "raw header"
    assert any(message.count(b"multipart/mixed") > 8 for message in messages), "deep nesting"
    assert any(b"multipart/mixed; charset=none" in message for message in messages), "no boundary"
    assert any(_opened(message) and not _closed(message) for message in messages), "no closing boundary"


def _opened(message: bytes) -> re.Match[bytes] | None:
    return re.search(rb'boundary="([^"]+)"', message)


def _closed(message: bytes) -> bool:
    opened = _opened(message)
    return opened is not None and b"--" + opened[1] + b"--" in message
