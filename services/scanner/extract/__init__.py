"""Extraction of invoices from messages; pure: bytes in, a report and the originals out."""
