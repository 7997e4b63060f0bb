"""Comparison of the stored tasks with the event log, and their repair, while the system works."""
