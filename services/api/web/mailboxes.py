"""A mailbox as a card: what it is called, how it is, and the one thing to do next. Pure."""

from dataclasses import dataclass

from services.api.accounts.imap_schemas import ImapSource
from services.api.accounts.schemas import Account, UploadSource
from services.api.web import formats
from services.api.web.scan_labels import failure_text
from shared.error_codes import ErrorText
from shared.events import Task, TaskStatus


@dataclass(frozen=True)
class Health:
    """A word, and the class of the dot before it."""

    word: str
    tone: str


_HEALTH = {
    "new": Health("New", "new"),
    "scanning": Health("Scanning", "run"),
    "healthy": Health("Healthy", "done"),
    "problem": Health("Needs you", "fail"),
    "needs_login": Health("Needs you", "fail"),
}
_WAITING = Health("Waiting", "")


@dataclass(frozen=True)
class Card:
    """One mailbox; `task` is its running scan, `failure` what its last one says."""

    account: Account
    task: Task | None

    @property
    def is_upload(self) -> bool:
        """Whether its mail was uploaded."""
        return isinstance(self.account.source, UploadSource)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to scan yet."""
        return isinstance(self.account.source, UploadSource) and self.account.source.upload is None

    @property
    def uses_oauth2(self) -> bool:
        """Return whether the mailbox signs in with OAuth2, so that it has no password."""
        return isinstance(self.account.source, ImapSource) and self.account.source.auth == "xoauth2"

    @property
    def address(self) -> str:
        """Which mailbox it is, in a line."""
        source = self.account.source
        if not isinstance(source, UploadSource):
            return source.username if "@" in source.username else f"{source.username} on {source.host}"
        if source.upload is None:
            return "no mail uploaded yet"
        return f"{source.upload.filename}, {formats.size(source.upload.bytes)}"

    @property
    def health(self) -> Health:
        """How it is."""
        if self.task is not None and self.task.status is TaskStatus.PENDING:
            return _WAITING
        return _HEALTH["scanning" if self.task is not None else self.account.health]

    @property
    def failure(self) -> ErrorText | None:
        """Why its last scan failed, unless that is mended or another one runs."""
        if self.task is not None or self.account.health not in ("problem", "needs_login"):
            return None
        last = self.account.last_scan
        return failure_text(last.error_code, last.error, oauth2=self.uses_oauth2) if last else None


def most_urgent(all_cards: list[Card], most: int) -> list[Card]:
    """So many of them; where there are more, those that need somebody come first, then those that run."""
    if len(all_cards) <= most:
        return all_cards
    return sorted(all_cards, key=lambda card: (card.failure is None, card.task is None))[:most]


def cards(accounts: list[Account], running: list[Task]) -> list[Card]:
    """All mailboxes with their running scans."""
    by_account = {task.account_id: task for task in running}
    return [Card(account, by_account.get(account.account_id)) for account in accounts]
