"""Consumes the events of scans, below FastStream."""
