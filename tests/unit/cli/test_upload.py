"""A mailbox that was sent before is known by its bytes, a file and a folder alike."""

import hashlib
import os
from pathlib import Path

import httpx
import pytest

from cli.client.api import ApiClient
from cli.errors import InterruptedCommandError
from cli.mailboxes.local_source import Source, open_source
from cli.mailboxes.upload import is_unchanged, upload_and_scan
from cli.ui.progress_display import SilentDisplay
from cli.ui.progress_lines import ProgressRow
from tests.unit.cli.builders import Json


@pytest.fixture(params=["file", "folder"])
def mailbox(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if request.param == "file":
        path = tmp_path / "a.mbox"
        path.write_bytes(b"From a\n\nHello\n")
    else:
        path = tmp_path / "mail"
        path.mkdir()
        (path / "1.eml").write_bytes(b"Subject: one\n\nHello\n")
    return open_source(str(path))


def account(mailbox: Source, **changes: object) -> Json:
    sent = b"".join(mailbox.read())
    upload = {"bytes": len(sent), "sha256": hashlib.sha256(sent).hexdigest(), **changes}
    return {"source": {"kind": "upload", "upload": upload}}


def test_the_same_bytes_need_not_be_sent_again(mailbox: Source, tmp_path: Path) -> None:
    known = account(mailbox)
    assert is_unchanged(known, mailbox)
    [changed] = [path for path in tmp_path.rglob("*") if path.is_file()]
    before = changed.stat()
    changed.write_bytes(changed.read_bytes().replace(b"Hello", b"Hallo"))
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not is_unchanged(known, open_source(str(changed.parent if changed.suffix == ".eml" else changed)))


def test_what_was_sent_without_a_digest_or_never_is_sent(mailbox: Source) -> None:
    assert not is_unchanged(account(mailbox, sha256=None), mailbox)
    assert not is_unchanged({"source": {"kind": "upload", "upload": None}}, mailbox)


def test_ctrl_c_while_it_is_sent_says_so_and_leaves_no_account(mailbox: Source) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        if request.method == "PUT":
            raise KeyboardInterrupt
        if request.method == "GET":
            return httpx.Response(200, json={"items": [], "next_cursor": None})
        return httpx.Response(201 if request.method == "POST" else 204, json={"account_id": "a"})

    with (
        ApiClient("http://api", httpx.Auth(), httpx.MockTransport(answer)) as api,
        pytest.raises(InterruptedCommandError) as interrupted,
    ):
        upload_and_scan(api, mailbox, ProgressRow(mailbox.label), SilentDisplay())
    assert str(interrupted.value) == f"The upload of {mailbox.label} was interrupted. Nothing is scanned."
    assert interrupted.value.exit_code == 130
    assert asked[-2:] == ["PUT /v1/accounts/a/mailbox", "DELETE /v1/accounts/a"]
