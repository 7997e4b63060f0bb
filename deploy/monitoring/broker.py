"""Dashboard of RabbitMQ: queues, consumers, connections."""

from deploy.monitoring.model import Dashboard, Panel, Query
from deploy.monitoring.queries import QUEUES, quantile, rate, total_rate

DASHBOARD = Dashboard(
    "broker",
    "Mailtally broker and consumers",
    (
        Panel(
            "Waiting",
            [Query(f"sum by (queue) (rabbitmq_detailed_queue_messages_ready{{{QUEUES}}})", "{{queue}}")],
        ),
        Panel(
            "Delivered, not yet acknowledged",
            [Query(f"sum by (queue) (rabbitmq_detailed_queue_messages_unacked{{{QUEUES}}})", "{{queue}}")],
        ),
        Panel(
            "Consumers",
            [
                Query(
                    'sum by (queue) (rabbitmq_detailed_queue_consumers{queue!~".+[.](dead|retry[.].+)"})',
                    "{{queue}}",
                )
            ],
        ),
        Panel(
            "Dead letters",
            [Query("max by (queue) (mailtally_dead_letters)", "{{queue}}")],
        ),
        Panel(
            "Dead-lettered",
            [rate("mailtally_dead_lettered_total", by="queue")],
            unit="ops",
        ),
        Panel(
            "Events kept in the stream",
            [Query('sum(rabbitmq_detailed_queue_messages{queue="mailtally.events.log"})', "mailtally.events.log")],
        ),
        Panel(
            "Messages through the broker",
            [
                total_rate("rabbitmq_global_messages_received_total", "published"),
                total_rate("rabbitmq_global_messages_delivered_total", "delivered"),
                total_rate("rabbitmq_global_messages_acknowledged_total", "acknowledged"),
                total_rate("rabbitmq_global_messages_redelivered_total", "delivered again"),
                total_rate("rabbitmq_global_messages_unroutable_returned_total", "returned: no queue is bound"),
            ],
            unit="ops",
        ),
        Panel(
            "Published by the services",
            [rate("mailtally_published_messages_total", by="job, result")],
            unit="ops",
        ),
        Panel(
            "Publish until confirmed, p99",
            [quantile(0.99, "mailtally_publish_seconds", by="job", legend="{{job}}")],
            unit="s",
        ),
        Panel(
            "Handled by the services",
            [rate("faststream_received_processed_messages_total", by="app_name, handler, status")],
            unit="ops",
        ),
        Panel(
            "Time in a handler, p99",
            [
                quantile(
                    0.99, "faststream_received_processed_messages_duration_seconds", by="handler", legend="{{handler}}"
                )
            ],
            unit="s",
        ),
        Panel(
            "Connections, channels, refused logins",
            [
                Query("sum(rabbitmq_connections)", "connections"),
                Query("sum(rabbitmq_channels)", "channels"),
                Query("sum(increase(rabbitmq_auth_attempts_failed_total[10m]))", "logins refused in 10 min"),
            ],
        ),
        Panel(
            "Memory",
            [
                Query("sum by (instance) (rabbitmq_process_resident_memory_bytes)", "{{instance}}"),
                Query("sum by (instance) (rabbitmq_resident_memory_limit_bytes)", "{{instance}}, limit"),
            ],
            unit="bytes",
        ),
        Panel(
            "Free disk",
            [
                Query("min by (instance) (rabbitmq_disk_space_available_bytes)", "{{instance}}"),
                Query("min by (instance) (rabbitmq_disk_space_available_limit_bytes)", "{{instance}}, limit"),
            ],
            unit="bytes",
        ),
        Panel(
            "Alarms",
            [
                Query("max(rabbitmq_alarms_memory_used_watermark)", "memory"),
                Query("max(rabbitmq_alarms_free_disk_space_watermark)", "disk"),
            ],
            description="At 1 RabbitMQ accepts no message.",
        ),
    ),
)
