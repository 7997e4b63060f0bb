"""Wiring of the use cases and readers of scans."""

from dataclasses import dataclass

from services.api.deadlines import Deadlines
from services.api.scans.cancel import ScanCanceller
from services.api.scans.ledger_reader import LedgerReader
from services.api.scans.request_repository import ScanRequestRepository
from services.api.scans.start import ScanStarter
from services.api.scans.task_reader import TaskReader
from shared.messaging.publishing import Publisher
from shared.mongo import Database


@dataclass(frozen=True)
class ScanServices:
    """Start, cancel and read scans."""

    starter: ScanStarter
    canceller: ScanCanceller
    requests: ScanRequestRepository
    tasks: TaskReader
    ledger: LedgerReader


def build_scan_services(database: Database, publisher: Publisher, deadlines: Deadlines) -> ScanServices:
    """Create the services of scans."""
    requests, tasks = ScanRequestRepository(database), TaskReader(database)
    return ScanServices(
        starter=ScanStarter(database, requests=requests, tasks=tasks, publisher=publisher, deadlines=deadlines),
        canceller=ScanCanceller(requests=requests, tasks=tasks, publisher=publisher),
        requests=requests,
        tasks=tasks,
        ledger=LedgerReader(database),
    )
