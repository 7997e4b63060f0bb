"""Reads invoices out of messages; pure: bytes in, a report and the originals out."""
