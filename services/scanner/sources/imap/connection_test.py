"""Connection test of a mailbox for a person who waits: can it be logged in to, and which folders
does it have."""

from dataclasses import dataclass

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.base import ThrottledError
from services.scanner.sources.imap.error_mapping import MailboxUnreachableError
from services.scanner.sources.imap.folders import excluded_folders, select_folders
from services.scanner.sources.imap.login import Logins
from services.scanner.sources.imap.pool import open_account_session
from services.scanner.sources.imap.session import ImapSession, Network
from shared.error_codes import error_text
from shared.mailboxes import ImapMailbox


@dataclass(frozen=True)
class FolderSummary:
    """A folder that can be scanned: its special use if it is known, and whether a scan of
    everything reads it.

    That a scan reads it assumes an account that names no folders.
    """

    name: str
    special_use: str | None
    is_read: bool


@dataclass(frozen=True)
class ConnectionTestResult:
    """The result of a test: the folders, or the error code and its sentence."""

    folders: tuple[FolderSummary, ...] = ()
    error: ErrorCode | None = None
    oauth2: bool = False

    @property
    def sentence(self) -> str | None:
        """Return the sentence for people; None if the test succeeded."""
        return None if self.error is None else error_text(self.error, oauth2=self.oauth2).sentence


async def check_mailbox(
    account_id: str, mailbox: ImapMailbox, logins: Logins, network: Network
) -> ConnectionTestResult:
    """Log in and list the folders; no message is read.

    A fault of the server or of a setting is part of the result.
    """
    try:
        session = await open_account_session(account_id, mailbox, logins, network)
    except PermanentFailure as failure:
        return ConnectionTestResult(error=failure.code, oauth2=mailbox.auth == "xoauth2")
    except (ThrottledError, MailboxUnreachableError):  # the server answers, and asks to come back later
        return ConnectionTestResult(error=ErrorCode.MAILBOX_UNAVAILABLE)
    except OSError:
        return ConnectionTestResult(error=ErrorCode.HOST_UNREACHABLE)
    try:
        return await _folders(session, mailbox)
    except OSError:
        return ConnectionTestResult(error=ErrorCode.MAILBOX_UNAVAILABLE)
    finally:
        await session.close()


async def _folders(session: ImapSession, mailbox: ImapMailbox) -> ConnectionTestResult:
    folders = await session.run(session.mailbox.folders)
    gmail = session.mailbox.is_gmail
    _, missing = select_folders(folders, mailbox.folders, everything=True, gmail=gmail)
    read, _ = select_folders(folders, (), everything=True, gmail=gmail)
    uses = {folder.name: folder.use or folder.use_by_name for folder in excluded_folders(folders)}
    checked = tuple(
        FolderSummary(folder.name, folder.use or uses.get(folder.name), folder in read)
        for folder in folders
        if folder.is_selectable
    )
    return ConnectionTestResult(checked, ErrorCode.FOLDER_MISSING if missing else None)
