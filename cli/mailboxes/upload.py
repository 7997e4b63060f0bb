"""Uploading a local mailbox, unless the same content was uploaded before."""

import hashlib
from collections.abc import Iterator

from cli.client.api import ApiClient, Json
from cli.errors import CliError, InterruptedCommandError
from cli.mailboxes.local_source import Source
from cli.parsing.months_option import MonthsBack
from cli.ui.progress_display import ProgressDisplay
from cli.ui.progress_lines import ProgressRow

_LARGE_BYTES = 250_000_000


def find_upload_account(api: ApiClient, label: str) -> Json | None:
    """Return the account for uploads with this name."""
    uploads = (account for account in api.accounts() if account["source"]["kind"] == "upload")
    return next((account for account in uploads if account["label"] == label), None)


def is_slow_to_read(mailbox: Source) -> bool:
    """Return whether reading takes long enough to say so: a folder must be packed."""
    return mailbox.octets is None or mailbox.octets > _LARGE_BYTES


def is_unchanged(account: Json, mailbox: Source) -> bool:
    """Return whether the mailbox is byte for byte what was uploaded before."""
    upload = account["source"]["upload"]
    if upload is None or upload["sha256"] is None or mailbox.octets not in (None, upload["bytes"]):
        return False
    digest = hashlib.sha256()
    for chunk in mailbox.read():
        digest.update(chunk)
    sent: str = upload["sha256"]
    return digest.hexdigest() == sent


def upload_and_scan(
    api: ApiClient,
    mailbox: Source,
    row: ProgressRow,
    display: ProgressDisplay,
    *,
    months: MonthsBack | None = None,
    full: bool = False,
) -> Json:
    """Upload the mailbox into the account of its name, created if missing, and start a scan."""
    known = find_upload_account(api, mailbox.label)
    account = known or api.create_account(mailbox.label)
    try:
        upload_mailbox(api, account["account_id"], mailbox, row, display)
    except (CliError, KeyboardInterrupt):
        if known is None:
            api.delete_account(account["account_id"])
        raise
    return api.start_scan(account["account_id"], months=months, full=full)


def upload_mailbox(
    api: ApiClient, account_id: str, mailbox: Source, row: ProgressRow, display: ProgressDisplay
) -> Json:
    """Upload the mailbox into an account and show the progress. Raises `InterruptedCommandError` at
    Ctrl-C."""

    def chunks() -> Iterator[bytes]:
        for chunk in mailbox.read():
            row.send(len(chunk))
            display.changed(row)
            yield chunk

    try:
        return api.upload(account_id, mailbox.filename, chunks(), mailbox.octets)
    except KeyboardInterrupt:
        raise InterruptedCommandError(f"The upload of {mailbox.label} was interrupted. Nothing is scanned.") from None
