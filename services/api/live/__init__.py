"""Live updates: from `task.changed` on the broker to Server-Sent Events."""
