"""Whether a mailbox can be logged in to, tried out for a person who waits for the answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from services.scanner.announcements import Announcements
from services.scanner.failures import SENTENCES, ErrorCode, PermanentFailure
from shared.events import AccountCheckRequested, utc_now
from shared.mailboxes import NOT_DELETED, ImapMailbox
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.scanner.checks")

OK = "ok"
_OK_SENTENCE = "The mail server let us in."
_MOST_SECONDS = 20.0
_MOST_FOLDERS = 2_000

TryOut = Callable[[str, ImapMailbox], Awaitable[Sequence[str]]]
"""Logs in to the mailbox of an account and gives its folders. Raises as a source does."""


class MailboxChecks:
    """Writes `mailbox_checks`: folder names are mail data and are in no event."""

    def __init__(self, database: Database, try_out: TryOut, announcements: Announcements) -> None:
        self._accounts = database["email_accounts"]
        self._checks = database["mailbox_checks"]
        self._try_out = try_out
        self._announcements = announcements

    async def perform(self, asked: AccountCheckRequested) -> None:
        """Check the account, store the result, and say that it is there."""
        mine = {"_id": asked.account_id, "user_id": asked.user_id, "source.kind": "imap", **NOT_DELETED}
        account = await self._accounts.find_one(mine, {"source": 1})
        if account is None:
            result = _failed(ErrorCode.ACCOUNT_DELETED)
        else:
            result = await self._result(asked.account_id, ImapMailbox.model_validate(account["source"]["imap"]))
        whose = {"account_id": asked.account_id, "user_id": asked.user_id, "at": utc_now()}
        await self._checks.update_one({"_id": asked.check_id}, {"$set": {**whose, **result}}, upsert=True)
        await self._announcements.checked(asked.account_id, asked.check_id, result["code"])

    async def _result(self, account_id: str, mailbox: ImapMailbox) -> Document:
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                folders = await self._try_out(account_id, mailbox)
        except PermanentFailure as failure:
            return _failed(failure.code)
        except OSError as error:
            logger.info("a check has failed", extra={"account_id": account_id, "reason": type(error).__name__})
            return _failed(ErrorCode.HOST_UNREACHABLE)
        return {"code": OK, "detail": _OK_SENTENCE, "folders": list(folders)[:_MOST_FOLDERS]}


def _failed(code: ErrorCode) -> Document:
    return {"code": str(code), "detail": SENTENCES[code], "folders": None}
