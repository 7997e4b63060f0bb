"""Names of folders, and which of them a scan reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scanner.sources.imap.folders import (
    Folder,
    decode_folder_name,
    encode_folder_name,
    format_sequence_set,
    parse_folder,
    parse_sequence_set,
    personal_folders,
)
from services.scanner.sources.imap.folders import select_folders as choose


def folders(*names: str) -> list[Folder]:
    """Each as "name" or "name \\Flag \\Flag"."""
    made = []
    for name in names:
        words = name.split(" \\")
        flags = tuple(f"\\{flag}".encode() for flag in words[1:])
        folder = parse_folder(flags, b"/", encode_folder_name(words[0], utf8=False))
        assert folder is not None
        made.append(folder)
    return made


def everything(*names: str, gmail: bool = False) -> list[str]:
    chosen, missing = choose(folders(*names), (), everything=True, gmail=gmail)
    assert missing == []
    return [folder.name for folder in chosen]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_every_name_survives_the_wire(name: str) -> None:
    assert decode_folder_name(encode_folder_name(name, utf8=False)) == ("INBOX" if name.upper() == "INBOX" else name)


@given(st.binary(min_size=1))
def test_no_name_on_the_wire_is_fatal(raw: bytes) -> None:
    assert decode_folder_name(raw).encode("utf-8")


def test_everything_is_all_but_trash_junk_and_drafts_with_all_that_is_in_them() -> None:
    listed = [
        "INBOX",
        "Sent \\Sent",
        "Bin \\Trash",
        "Bin/2024",
        "Rechnungen/2026",
        "X \\Noselect",
        "D \\Drafts",
        "J \\Junk",
    ]
    assert everything(*listed) == ["INBOX", "Sent", "Rechnungen/2026"]


def test_names_tell_what_a_folder_is_for_where_the_server_does_not() -> None:
    assert everything("INBOX", "Papierkorb", "Spam", "Entwürfe", "INBOX/Trash", "Rechnungen") == ["INBOX", "Rechnungen"]
    assert everything("INBOX", "Müll \\Trash", "Spam") == ["INBOX", "Spam"]


def test_no_message_is_read_twice_because_a_folder_shows_those_of_others() -> None:
    labels = [
        "INBOX",
        "[Gmail] \\Noselect",
        "[Gmail]/All Mail \\All",
        "[Gmail]/Starred \\Flagged",
        "Shop",
        "[Gmail]/Bin \\Trash",
    ]
    assert everything(*labels, gmail=True) == ["[Gmail]/All Mail"]
    assert everything("INBOX", "Shop", "Virtual/All \\All", "Virtual/Flagged \\Flagged") == ["INBOX", "Shop"]
    assert everything("INBOX", "Shop", gmail=True) == ["INBOX", "Shop"]


def test_the_inbox_alone_is_there_whether_it_is_listed_or_not() -> None:
    for listed in (["Inbox", "Shop"], ["Shop"]):
        chosen, missing = choose(folders(*listed), (), everything=False, gmail=False)
        assert ([folder.raw.upper() for folder in chosen], missing) == ([b"INBOX"], [])


def test_folders_are_found_by_name_and_missed_by_name() -> None:
    listed = folders("INBOX", "Büro", "Bin \\Trash", "Nothing \\Noselect")
    chosen, missing = choose(listed, ("inbox", "Büro", "Bin", "Nothing", "Else", "Büro"), everything=True, gmail=False)
    assert [folder.name for folder in chosen] == ["INBOX", "Büro", "Bin"]
    assert missing == ["Nothing", "Else"]


def test_folders_of_other_people_are_left_out() -> None:
    listed = folders("INBOX", "Other/bob/INBOX", "Shared/Shop")
    assert [folder.name for folder in personal_folders(listed, [b"Other/", b"", b"Shared/"])] == ["INBOX"]


@pytest.mark.parametrize("parts", [(None, b"/", b"x"), ((), None, None), ((), None, b""), ((), None, ())])
def test_what_is_no_folder_is_none(parts: tuple[object, object, object]) -> None:
    assert parse_folder(*parts) is None


@given(st.sets(st.integers(1, 500)))
def test_numbers_survive_the_wire(uids: set[int]) -> None:
    assert parse_sequence_set(format_sequence_set(sorted(uids)).decode("ascii")) == sorted(uids)
