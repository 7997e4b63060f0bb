"""Whether a mailbox can be logged in to, tried out for a person who waits for the answer."""

import asyncio
import logging

from pydantic import ValidationError

from services.scanner.error_codes import ErrorCode
from services.scanner.event_publisher import Announcements
from services.scanner.sources.imap.connection_test import Checked, check
from services.scanner.sources.imap.login import Logins
from services.scanner.sources.imap.session import Network
from shared.events import AccountCheckRequested, utc_now
from shared.mailboxes import NOT_DELETED, ImapMailbox
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.scanner.checks")

OK = "ok"
_OK_SENTENCE = "The mail server let us in."
MOST_SECONDS = 20.0
_MOST_FOLDERS = 2_000


class MailboxChecks:
    """Writes `mailbox_checks`: folder names are mail data and are in no event."""

    def __init__(self, database: Database, logins: Logins, network: Network, announcements: Announcements) -> None:
        self._accounts = database["email_accounts"]
        self._checks = database["mailbox_checks"]
        self._logins = logins
        self._network = network
        self._announcements = announcements

    async def perform(self, asked: AccountCheckRequested) -> None:
        """Check the account, store the result, and say that it is there."""
        mine = {"_id": asked.account_id, "user_id": asked.user_id, "source.kind": "imap", **NOT_DELETED}
        account = await self._accounts.find_one(mine, {"source": 1})
        if account is None:
            checked = Checked(error=ErrorCode.ACCOUNT_DELETED)
        else:
            checked = await self._checked(asked.account_id, account["source"]["imap"])
        whose = {"account_id": asked.account_id, "user_id": asked.user_id, "at": utc_now()}
        result = _result(checked)
        await self._checks.update_one({"_id": asked.check_id}, {"$set": {**whose, **result}}, upsert=True)
        await self._announcements.checked(asked.account_id, asked.check_id, result["code"])

    async def _checked(self, account_id: str, stored: Document) -> Checked:
        try:
            mailbox = ImapMailbox.model_validate(stored)
            async with asyncio.timeout(MOST_SECONDS):
                return await check(account_id, mailbox, self._logins, self._network)
        except ValidationError:  # written by another version
            return Checked(error=ErrorCode.SECRET_UNREADABLE, oauth2=stored.get("auth") == "xoauth2")
        except TimeoutError:
            logger.info("a check took too long", extra={"account_id": account_id})
            return Checked(error=ErrorCode.MAILBOX_UNAVAILABLE)


def _result(checked: Checked) -> Document:
    folders = [folder.name for folder in checked.folders][:_MOST_FOLDERS] or None
    if checked.error is not None:
        return {"code": str(checked.error), "detail": checked.sentence, "folders": folders}
    return {"code": OK, "detail": _OK_SENTENCE, "folders": folders}
