"""Connection test of a mailbox: logs in for a person who waits for the result."""

import asyncio
import logging

from pydantic import ValidationError

from services.scanner.error_codes import ErrorCode
from services.scanner.event_publisher import EventPublisher
from services.scanner.sources.imap.connection_test import ConnectionTestResult, check_mailbox
from services.scanner.sources.imap.login import Logins
from services.scanner.sources.imap.session import Network
from shared.events import AccountCheckRequested, utc_now
from shared.mailboxes import NOT_DELETED, ImapMailbox
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.scanner.connection_test")

OK = "ok"
_OK_MESSAGE = "The mail server accepted the login."
MOST_SECONDS = 20.0
_MOST_FOLDERS = 2_000


class ConnectionTester:
    """Writes `mailbox_checks`: folder names are mail data and are in no event."""

    def __init__(self, database: Database, logins: Logins, network: Network, events: EventPublisher) -> None:
        self._accounts = database["email_accounts"]
        self._checks = database["mailbox_checks"]
        self._logins = logins
        self._network = network
        self._events = events

    async def test(self, request: AccountCheckRequested) -> None:
        """Test the account, store the result, and publish that it is stored."""
        owned = {"_id": request.account_id, "user_id": request.user_id, "source.kind": "imap", **NOT_DELETED}
        account = await self._accounts.find_one(owned, {"source": 1})
        if account is None:
            checked = ConnectionTestResult(error=ErrorCode.ACCOUNT_DELETED)
        else:
            checked = await self._checked(request.account_id, account["source"]["imap"])
        identity = {"account_id": request.account_id, "user_id": request.user_id, "at": utc_now()}
        result = _result(checked)
        await self._checks.update_one({"_id": request.check_id}, {"$set": {**identity, **result}}, upsert=True)
        await self._events.publish_checked(request.account_id, request.check_id, result["code"])

    async def _checked(self, account_id: str, stored: Document) -> ConnectionTestResult:
        try:
            mailbox = ImapMailbox.model_validate(stored)
            async with asyncio.timeout(MOST_SECONDS):
                return await check_mailbox(account_id, mailbox, self._logins, self._network)
        except ValidationError:  # written by another version
            return ConnectionTestResult(error=ErrorCode.SECRET_UNREADABLE, oauth2=stored.get("auth") == "xoauth2")
        except TimeoutError:
            logger.info(
                "connection test timed out", extra={"event": "connection_test_timed_out", "account_id": account_id}
            )
            return ConnectionTestResult(error=ErrorCode.MAILBOX_UNAVAILABLE)


def _result(checked: ConnectionTestResult) -> Document:
    folders = [folder.name for folder in checked.folders][:_MOST_FOLDERS] or None
    if checked.error is not None:
        return {"code": str(checked.error), "detail": checked.sentence, "folders": folders}
    return {"code": OK, "detail": _OK_MESSAGE, "folders": folders}
