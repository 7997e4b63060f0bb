"""Wiring of the use cases of accounts."""

from dataclasses import dataclass

from services.api.accounts.connection_check import ConnectionChecks, PendingChecks
from services.api.accounts.deletion import AccountDeletion
from services.api.accounts.imap_settings import ImapSettings
from services.api.accounts.service import AccountService
from services.api.accounts.upload.service import MailboxUploads
from services.api.invoices.services import InvoiceServices
from services.api.scans.services import ScanServices
from services.api.settings import ApiSettings
from shared.messaging.publishing import Publisher
from shared.mongo import Database
from shared.sealing import Sealer


@dataclass(frozen=True)
class AccountServices:
    """Manage, check, fill and delete accounts."""

    service: AccountService
    checks: ConnectionChecks
    deletion: AccountDeletion
    uploads: MailboxUploads


def build_account_services(
    settings: ApiSettings,
    database: Database,
    publisher: Publisher,
    *,
    pending_checks: PendingChecks,
    scans: ScanServices,
    invoices: InvoiceServices,
) -> AccountServices:
    """Create the services of accounts; `live.broker_feed` completes the `pending_checks`."""
    imap_settings = ImapSettings(
        Sealer(settings.seal_public_key),
        ports=settings.allowed_mail_ports,
        allow_private=settings.allow_private_mail_hosts,
    )
    service = AccountService(
        database, imap_settings=imap_settings, scans=scans.starter, tasks=scans.tasks, invoices=invoices.reader
    )
    return AccountServices(
        service=service,
        checks=ConnectionChecks(database, accounts=service, pending=pending_checks, publisher=publisher),
        deletion=AccountDeletion(database, canceller=scans.canceller, publisher=publisher),
        uploads=MailboxUploads(database, scans=scans.starter, max_bytes=settings.max_upload_bytes),
    )
