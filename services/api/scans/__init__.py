"""Scans: start, cancel and read them, with the ledger of their messages."""
