"""Dashboard of the whole system on one page."""

from deploy.monitoring.model import Dashboard, Panel, Query
from deploy.monitoring.queries import QUEUES, quantile, rate, total_rate

_TASKS = "max by (status) (mailtally_tasks)"
_LATE = (
    'sum(rate(mailtally_status_lag_seconds_bucket{le="5.0"}[$__rate_interval]))'
    " / sum(rate(mailtally_status_lag_seconds_count[$__rate_interval]))"
)
_FAILED = (
    'sum(increase(mailtally_task_transitions_total{to="FAILURE"}[15m]))'
    ' / sum(increase(mailtally_task_transitions_total{to=~"DONE|FAILURE|CANCELLED"}[15m]))'
)

DASHBOARD = Dashboard(
    "overview",
    "Mailtally overview",
    (
        Panel("Tasks by status", [Query(_TASKS, "{{status}}")], kind="stat", width=9),
        Panel(
            "Replicas",
            [Query('sum by (job) (up{job=~"api|webhooks|scanner|status|rabbitmq"})', "{{job}}")],
            kind="stat",
            width=6,
            alarm=1,
            below=True,
        ),
        Panel(
            "Status lag, p99",
            [quantile(0.99, "mailtally_status_lag_seconds")],
            unit="s",
            kind="stat",
            width=3,
            description="From the time of an event until it is in the task that users see.",
            alarm=5,
        ),
        Panel("Dead letters", [Query("sum(max by (queue) (mailtally_dead_letters))")], kind="stat", width=3, alarm=1),
        Panel("Version", [Query("count by (version) (mailtally_build_info)", "{{version}}")], kind="stat", width=3),
        Panel("Tasks", [Query(_TASKS, "{{status}}")]),
        Panel(
            "Rate of status changes",
            [rate("mailtally_task_transitions_total", by="from, to", legend="{{from}} to {{to}}")],
            unit="ops",
        ),
        Panel(
            "Failures",
            [
                total_rate('mailtally_task_transitions_total{to="FAILURE"}', "scans"),
                rate("mailtally_parser_killed_total", by="limit", legend="parser over its {{limit}}"),
                rate("mailtally_dead_lettered_total", by="queue", legend="dead-lettered from {{queue}}"),
            ],
            unit="ops",
        ),
        Panel(
            "Scan duration",
            [
                quantile(0.5, "mailtally_task_duration_seconds", by="outcome", legend="{{outcome}} p50"),
                quantile(0.95, "mailtally_task_duration_seconds", by="outcome", legend="{{outcome}} p95"),
            ],
            unit="s",
        ),
        Panel(
            "Waiting and cancelling",
            [
                quantile(0.95, "mailtally_task_queue_wait_seconds", legend="wait until started, p95"),
                quantile(0.95, "mailtally_task_cancel_seconds", legend="cancel until cancelled, p95"),
            ],
            unit="s",
        ),
        Panel(
            "Scan start by size of the user",
            [quantile(0.95, "mailtally_scan_start_seconds", by="user_scans", legend="{{user_scans}} open")],
            unit="s",
            description="From a scan's request to its start, by how many scans its user has open.",
        ),
        Panel(
            "Status lag",
            [
                quantile(0.5, "mailtally_status_lag_seconds", legend="p50"),
                quantile(0.99, "mailtally_status_lag_seconds", legend="p99"),
            ],
            unit="s",
        ),
        Panel(
            "Events in time",
            [Query(_LATE, "committed within 5 s")],
            unit="percentunit",
            description="The objective is 99 % of 30 days.",
        ),
        Panel("Queue depth", [Query(f"sum by (queue) (rabbitmq_detailed_queue_messages{{{QUEUES}}})", "{{queue}}")]),
        Panel(
            "Scans that failed, of those that ended",
            [Query(_FAILED, "of the last 15 minutes")],
            unit="percentunit",
        ),
        Panel(
            "Silent and redriven tasks",
            [
                Query("max by (status) (mailtally_task_silence_seconds)", "{{status}}: longest silence (s)"),
                Query(
                    "sum by (reason) (increase(mailtally_tasks_redriven_total[15m]))", "redriven in 15 min: {{reason}}"
                ),
                Query("sum(increase(mailtally_tasks_stalled_total[15m]))", "given up in 15 min"),
            ],
        ),
        Panel(
            "Disks",
            [
                Query("max(mailtally_database_disk_used_bytes / mailtally_database_disk_total_bytes)", "MongoDB, used"),
                Query(
                    "max(rabbitmq_disk_space_available_limit_bytes / rabbitmq_disk_space_available_bytes)",
                    "RabbitMQ, limit over free",
                ),
            ],
            unit="percentunit",
            description="At 1 RabbitMQ blocks all publishers.",
        ),
    ),
)
