"""What a SOURCE argument may name."""

import io
import random
import zipfile
from pathlib import Path

import pytest

from cli.errors import CliError, UsageError
from cli.mailboxes.local_source import open_source


def test_a_file_is_sent_byte_for_byte(tmp_path: Path) -> None:
    content = b"From ada@example.org Thu Jan  1 00:00:00 2026\n" * 20_000
    (tmp_path / "archive.mbox").write_bytes(content)
    source = open_source(str(tmp_path / "archive.mbox"))
    assert (source.label, source.filename, source.octets) == ("archive.mbox", "archive.mbox", len(content))
    assert b"".join(source.read()) == content


def test_a_folder_of_mail_is_sent_as_a_zip_of_its_messages(tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    (mail / "2026").mkdir(parents=True)
    big = b"Subject: big\n\n" + bytes(range(256)) * 4096
    (mail / "2026" / "b.eml").write_bytes(big)
    (mail / "A.EML").write_bytes(b"Subject: a\n\n")
    (mail / "notes.txt").write_bytes(b"not mail")
    source = open_source(str(mail))
    assert (source.label, source.filename, source.octets) == ("mail", "mail.zip", None)
    with zipfile.ZipFile(io.BytesIO(b"".join(source.read()))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "2026/b.eml": big,
            "A.EML": b"Subject: a\n\n",
        }


def test_a_maildir_keeps_its_folders(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "cur" / "1:2,S").write_bytes(b"Subject: 1\n\n")
    (tmp_path / "Maildir" / "new" / "2").write_bytes(b"Subject: 2\n\n")
    (tmp_path / "Maildir" / "tmp" / "3").write_bytes(b"Subject: 3, half delivered\n\n")
    with zipfile.ZipFile(io.BytesIO(b"".join(open_source(str(tmp_path / "Maildir")).read()))) as archive:
        assert archive.namelist() == ["cur/1:2,S", "new/2"]


def test_packing_keeps_little_in_memory(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "a.eml").write_bytes(random.Random(7).randbytes(4_000_000))  # noqa: S311 (does not compress)
    assert max(map(len, open_source(str(tmp_path / "mail")).read())) < 600_000


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("missing.mbox", "not found"), ("empty.mbox", "is empty"), ("folder", "contains no mail")],
)
def test_what_holds_no_mail_is_said_before_anything_starts(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "empty.mbox").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(CliError, match=sentence):
        open_source(str(tmp_path / name))


def test_an_unknown_kind_of_address_is_wrong_use() -> None:
    with pytest.raises(UsageError):
        open_source("https://example.com/archive.mbox")


def test_a_name_that_is_no_utf8_becomes_a_label_that_json_can_carry(tmp_path: Path) -> None:
    path = tmp_path / b"arch\xffve.mbox".decode("utf-8", "surrogateescape")
    path.write_bytes(b"From ")
    assert open_source(str(path)).label == "arch\N{REPLACEMENT CHARACTER}ve.mbox"
