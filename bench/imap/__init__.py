"""How fast, and with how few bytes, a mailbox on a mail server is scanned."""

from bench.imap.run import main

__all__ = ["main"]
