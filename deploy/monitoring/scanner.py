"""Dashboard of the scanners: throughput and resources."""

from deploy.monitoring.model import Dashboard, Panel, Query
from deploy.monitoring.queries import EVERY, quantile, rate, total_rate

DASHBOARD = Dashboard(
    "scanner",
    "Mailtally scanner",
    (
        Panel(
            "Messages scanned",
            [rate("mailtally_messages_scanned_total", by="source, outcome")],
            unit="ops",
        ),
        Panel(
            "Read from mailboxes",
            [rate("mailtally_mailbox_fetched_bytes_total", by="source")],
            unit="Bps",
        ),
        Panel(
            "Units of work",
            [rate("mailtally_slices_total", by="outcome")],
            unit="ops",
            description="Plans and slices by how they ended. Many retried: a mail server is slow or unavailable.",
        ),
        Panel(
            "Documents read",
            [rate("mailtally_documents_total", by="format, outcome")],
            unit="ops",
        ),
        Panel(
            "Time to read a document",
            [
                quantile(0.5, "mailtally_extraction_duration_seconds", by="format", legend="{{format}} p50"),
                quantile(0.95, "mailtally_extraction_duration_seconds", by="format", legend="{{format}} p95"),
            ],
            unit="s",
        ),
        Panel(
            "Parsers stopped",
            [rate("mailtally_parser_killed_total", by="limit", legend="over its {{limit}}")],
            unit="ops",
        ),
        Panel(
            "Invoices found",
            [rate("mailtally_invoices_found_total", by="format")],
            unit="ops",
        ),
        Panel(
            "Scan start by size of the user",
            [
                quantile(0.5, "mailtally_scan_start_seconds", by="user_scans", legend="{{user_scans}} open, p50"),
                quantile(0.95, "mailtally_scan_start_seconds", by="user_scans", legend="{{user_scans}} open, p95"),
            ],
            unit="s",
        ),
        Panel(
            "Scanners against their work",
            [
                total_rate("mailtally_messages_scanned_total", "messages/s, all"),
                Query('count(up{job="scanner"} == 1)', "scanners"),
                Query('sum(rabbitmq_detailed_queue_messages{queue="scanner.slices"})', "slices waiting or in work"),
            ],
        ),
        Panel(
            "Processor time of a scanner without its parsers",
            [Query(f'rate(process_cpu_seconds_total{{job="scanner"}}{EVERY})', "{{instance}}")],
            unit="percentunit",
        ),
        Panel(
            "Memory of a scanner without its parsers",
            [Query('process_resident_memory_bytes{job="scanner"}', "{{instance}}")],
            unit="bytes",
        ),
        Panel(
            "Open files",
            [Query('process_open_fds{job="scanner"}', "{{instance}}")],
        ),
    ),
)
