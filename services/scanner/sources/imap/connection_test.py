"""Trying out a mailbox for a person who waits: can it be logged in to, and which folders does it have."""

from dataclasses import dataclass

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.base import Throttled
from services.scanner.sources.imap.error_mapping import MailboxUnreachable
from services.scanner.sources.imap.folders import left_out_of, wanted
from services.scanner.sources.imap.login import Logins
from services.scanner.sources.imap.pool import logged_in
from services.scanner.sources.imap.session import Network, Session
from shared.error_codes import error_text
from shared.mailboxes import ImapMailbox


@dataclass(frozen=True)
class CheckedFolder:
    """A folder that can be scanned, what it is for as far as that is known, and whether a scan of everything reads it
    when the account names no folders."""

    name: str
    special_use: str | None
    is_read: bool


@dataclass(frozen=True)
class Checked:
    """What a check found: the folders, or what failed and the sentence that says so."""

    folders: tuple[CheckedFolder, ...] = ()
    error: ErrorCode | None = None
    oauth2: bool = False

    @property
    def sentence(self) -> str | None:
        """For a person; None if all is well."""
        return None if self.error is None else error_text(self.error, oauth2=self.oauth2).sentence


async def check(account_id: str, mailbox: ImapMailbox, logins: Logins, network: Network) -> Checked:
    """Log in and list the folders; nothing is read. Never raises for what a server or a setting may cause."""
    try:
        session = await logged_in(account_id, mailbox, logins, network)
    except PermanentFailure as failure:
        return Checked(error=failure.code, oauth2=mailbox.auth == "xoauth2")
    except (Throttled, MailboxUnreachable):  # it answers, and asks to come back later
        return Checked(error=ErrorCode.MAILBOX_UNAVAILABLE)
    except OSError:
        return Checked(error=ErrorCode.HOST_UNREACHABLE)
    try:
        return await _folders(session, mailbox)
    except OSError:
        return Checked(error=ErrorCode.MAILBOX_UNAVAILABLE)
    finally:
        await session.close()


async def _folders(session: Session, mailbox: ImapMailbox) -> Checked:
    folders = await session.run(session.mailbox.folders)
    gmail = session.mailbox.is_gmail
    _, missing = wanted(folders, mailbox.folders, everything=True, gmail=gmail)
    read, _ = wanted(folders, (), everything=True, gmail=gmail)
    uses = {folder.name: folder.use or folder.use_by_name for folder in left_out_of(folders)}
    checked = tuple(
        CheckedFolder(folder.name, folder.use or uses.get(folder.name), folder in read)
        for folder in folders
        if folder.is_selectable
    )
    return Checked(checked, ErrorCode.FOLDER_MISSING if missing else None)
