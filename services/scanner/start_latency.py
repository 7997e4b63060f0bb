"""How long scans wait for their start, and whose scans they are."""

from services.scanner.metrics import MANY_SCANS, ScannerMetrics
from services.scanner.runs.start import Admission
from shared.mongo import Document


class Starts:
    """Measures each start once, when the plan is stored."""

    def __init__(self, admission: Admission, metrics: ScannerMetrics) -> None:
        self._admission = admission
        self._metrics = metrics

    async def measure(self, run: Document) -> None:
        """From the request, by the api's clock, to the start, by the database's."""
        waited = run["started"]["at"] - run["request"]["requested_at"]
        open_runs = await self._admission.open_runs(run["user_id"], at_most=MANY_SCANS + 1)
        self._metrics.scan_started(open_runs, waited.total_seconds())
