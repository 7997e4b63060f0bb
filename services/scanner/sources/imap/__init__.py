"""Mailboxes on mail servers (IMAP4rev1, RFC 3501): read only, and no more bytes of them than it
takes."""
