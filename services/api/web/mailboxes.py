"""Mailbox cards: name, health and the next action. Pure."""

from dataclasses import dataclass

from services.api.accounts.imap_schemas import ImapSource
from services.api.accounts.schemas import Account, UploadSource
from services.api.web.scan_labels import failure_text
from shared import formatting
from shared.error_codes import ErrorText
from shared.events import Task, TaskStatus


@dataclass(frozen=True)
class HealthLabel:
    """A label, and the CSS class of the dot before it."""

    label: str
    tone: str


_HEALTH = {
    "new": HealthLabel("New", "new"),
    "scanning": HealthLabel("Scanning", "run"),
    "healthy": HealthLabel("Healthy", "done"),
    "problem": HealthLabel("Needs you", "fail"),
    "needs_login": HealthLabel("Needs you", "fail"),
}
_WAITING = HealthLabel("Waiting", "")


@dataclass(frozen=True)
class MailboxCard:
    """One mailbox with its running scan, if it has one."""

    account: Account
    task: Task | None

    @property
    def is_upload(self) -> bool:
        """Return whether the mail was uploaded."""
        return isinstance(self.account.source, UploadSource)

    @property
    def is_empty(self) -> bool:
        """Return whether an upload is still missing."""
        return isinstance(self.account.source, UploadSource) and self.account.source.upload is None

    @property
    def uses_oauth2(self) -> bool:
        """Return whether the mailbox signs in with OAuth2, so that it has no password."""
        return isinstance(self.account.source, ImapSource) and self.account.source.auth == "xoauth2"

    @property
    def address(self) -> str:
        """Return the address or file of the mailbox, as one line."""
        source = self.account.source
        if not isinstance(source, UploadSource):
            return source.username if "@" in source.username else f"{source.username} on {source.host}"
        if source.upload is None:
            return "no mail uploaded yet"
        return f"{source.upload.filename}, {formatting.size(source.upload.bytes)}"

    @property
    def health(self) -> HealthLabel:
        """Return the health of the mailbox."""
        if self.task is not None and self.task.status is TaskStatus.PENDING:
            return _WAITING
        return _HEALTH["scanning" if self.task is not None else self.account.health]

    @property
    def failure(self) -> ErrorText | None:
        """Return why the last scan failed, unless that is fixed or another scan runs."""
        if self.task is not None or self.account.health not in ("problem", "needs_login"):
            return None
        last = self.account.last_scan
        return failure_text(last.error_code, last.error, oauth2=self.uses_oauth2) if last else None


def most_urgent(cards: list[MailboxCard], limit: int) -> list[MailboxCard]:
    """Return up to `limit` cards; if there are more, failures first, then running scans."""
    if len(cards) <= limit:
        return cards
    return sorted(cards, key=lambda card: (card.failure is None, card.task is None))[:limit]


def mailbox_cards(accounts: list[Account], running: list[Task]) -> list[MailboxCard]:
    """Return a card for each mailbox, with its running scan."""
    by_account = {task.account_id: task for task in running}
    return [MailboxCard(account, by_account.get(account.account_id)) for account in accounts]
