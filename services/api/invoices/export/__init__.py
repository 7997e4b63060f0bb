"""Exports of invoices as files, streamed in memory that does not grow with their number."""
