"""Dashboard of the api and the status service: requests, event streams, writes."""

from deploy.monitoring.model import Dashboard, Panel, Query
from deploy.monitoring.queries import EVERY, quantile, rate, total_rate

_REQUESTS = "mailtally_http_request_duration_seconds"
_ERRORS = f'sum(rate({_REQUESTS}_count{{status=~"5.."}}{EVERY})) or vector(0)'
_REFUSED = f'sum(rate({_REQUESTS}_count{{status=~"401|403|429"}}{EVERY})) or vector(0)'

DASHBOARD = Dashboard(
    "service",
    "Mailtally service",
    (
        Panel("Requests", [rate(f"{_REQUESTS}_count", by="method, route")], unit="reqps"),
        Panel(
            "Time to answer, p50 and p99",
            [quantile(0.5, _REQUESTS, legend="p50"), quantile(0.99, _REQUESTS, legend="p99")],
            unit="s",
        ),
        Panel(
            "Time to answer by route, p99",
            [quantile(0.99, _REQUESTS, by="method, route", legend="{{method}} {{route}}")],
            unit="s",
        ),
        Panel("Answers by status", [rate(f"{_REQUESTS}_count", by="status")], unit="reqps"),
        Panel(
            "Errors and refusals",
            [Query(_ERRORS, "5xx"), Query(_REFUSED, "401, 403, 429")],
            unit="reqps",
        ),
        Panel(
            "Event streams (SSE)",
            [
                Query("sum(mailtally_sse_clients)", "open"),
                Query("sum by (instance) (mailtally_sse_clients)", "{{instance}}"),
            ],
        ),
        Panel(
            "Events of the status service",
            [
                total_rate("mailtally_status_batch_events_sum", "taken"),
                total_rate("mailtally_status_writes_total", "writes"),
                total_rate("mailtally_status_events_coalesced_total", "overtaken in the same write"),
                total_rate("mailtally_task_changes_announced_total", "announced"),
                rate("mailtally_status_events_ignored_total", by="reason", legend="ignored: {{reason}}"),
            ],
            unit="ops",
        ),
        Panel(
            "Events handled at once",
            [
                quantile(0.5, "mailtally_status_batch_events", legend="p50"),
                quantile(0.99, "mailtally_status_batch_events", legend="p99"),
            ],
        ),
        Panel(
            "Ready",
            [Query("min by (job, check) (mailtally_ready)", "{{job}}: {{check}}")],
            description="1: the check of /readyz passes in every replica.",
        ),
        Panel(
            "Processor time",
            [Query(f'rate(process_cpu_seconds_total{{job=~"api|webhooks|status"}}{EVERY})', "{{job}} {{instance}}")],
            unit="percentunit",
        ),
        Panel(
            "Memory",
            [Query('process_resident_memory_bytes{job=~"api|webhooks|status"}', "{{job}} {{instance}}")],
            unit="bytes",
        ),
        Panel(
            "Open files",
            [Query('process_open_fds{job=~"api|webhooks|status"}', "{{job}} {{instance}}")],
        ),
    ),
)
