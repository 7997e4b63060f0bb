"""RabbitMQ: names, topology, connections, publishing, event handlers, dead letters, the event log."""
