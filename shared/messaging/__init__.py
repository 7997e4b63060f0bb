"""RabbitMQ: topology, connections, publishing, consuming, dead letters, the event log."""
