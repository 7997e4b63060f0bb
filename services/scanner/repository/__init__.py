"""Results of scans: the ledger of messages, invoices, originals, cursors.

All writes are upserts by natural key with the same content, so that a slice that is repeated, or
worked on twice, changes nothing.
"""
