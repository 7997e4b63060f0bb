"""What scans find: the ledger of messages, invoices, originals, cursors. Upserts by natural key with the same content,
so that a redone slice, or one that is worked on twice, changes nothing."""
