"""Archives of messages: which members are messages, and how far they are unpacked."""

import io
import zipfile

import pytest

from services.scanner.sources.zip_mailbox import InvalidArchiveError, MailArchive
from shared.mailbox_formats.zip_layout import folder_of

MIB = 1024 * 1024


def archive(members: dict[str, bytes], *, max_bytes: int = MIB) -> MailArchive:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members.items():
            written.writestr(name, content)
    return MailArchive(file, max_bytes=max_bytes)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a.eml", ""),
        ("deep/down/B.EML", ""),
        ("deep\\windows\\b.eml", ""),
        ("mail/cur/1700000000.M1P1.host:2,S", "mail"),
        ("mail/new/1700000000.M1P1.host", "mail"),
        ("mail/.Archive/cur/1", "mail/.Archive"),
        ("cur/1", ""),
        ("mail/tmp/1700000000", None),
        ("mail/cur/.hidden", None),
        ("__MACOSX/a.eml", None),
        ("readme.txt", None),
        (".eml", None),
    ],
)
def test_members_are_told_apart_by_their_names(name: str, folder: str | None) -> None:
    assert folder_of(name) == folder


def test_uids_are_the_ordinals_of_the_sorted_names_in_each_folder() -> None:
    opened = archive({"b.eml": b"2", "mail/cur/9": b"9", "a.eml": b"1", "mail/new/1": b"x", "notes.txt": b"no"})
    listed = [(entry.folder, entry.uid, entry.info.filename) for entry in opened.entries()]
    assert listed == [("", 1, "a.eml"), ("", 2, "b.eml"), ("mail", 1, "mail/cur/9"), ("mail", 2, "mail/new/1")]
    assert [opened.read(entry).raw for entry in opened.entries()] == [b"1", b"2", b"9", b"x"]


def test_a_member_over_the_limit_is_refused_and_its_neighbour_is_read() -> None:
    opened = archive({"a.eml": b"x" * 2_000, "b.eml": b"small"}, max_bytes=1_000)
    first, second = [opened.read(entry) for entry in opened.entries()]
    assert (first.raw, first.refused) == (None, "message_too_large")
    assert (second.raw, second.refused) == (b"small", None)


def test_a_member_that_grows_out_of_proportion_is_refused_before_it_is_unpacked() -> None:
    opened = archive({"a.eml": bytes(30 * MIB)}, max_bytes=50 * MIB)
    (entry,) = opened.entries()
    assert opened.read(entry).refused == "archive_too_large"


def test_a_member_is_measured_by_what_it_unpacks_to_and_not_by_what_it_claims() -> None:
    opened = archive({"a.eml": b"x" * 5_000}, max_bytes=1_000)
    (entry,) = opened.entries()
    entry.info.file_size = 10
    assert opened.read(entry).raw is None


def test_a_damaged_member_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as written:
        written.writestr("a.eml", b"Subject: this will be damaged\n\n")
    file = io.BytesIO(file.getvalue().replace(b"damaged", b"DAMAGED"))
    opened = MailArchive(file, max_bytes=MIB)
    (entry,) = opened.entries()
    assert opened.read(entry).refused == "archive_broken"


def test_an_encrypted_member_is_refused() -> None:
    opened = archive({"a.eml": b"secret"})
    (entry,) = opened.entries()
    entry.info.flag_bits |= 0x1
    assert opened.read(entry).refused == "archive_encrypted"


def test_something_else_is_no_archive() -> None:
    with pytest.raises(InvalidArchiveError):
        MailArchive(io.BytesIO(b"no archive"), max_bytes=MIB)
