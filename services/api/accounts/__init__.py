"""Mailboxes: adding, changing, testing and deleting them, and their secrets."""
