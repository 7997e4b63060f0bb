"""Scans: start, cancel, follow, and what became of each message."""
