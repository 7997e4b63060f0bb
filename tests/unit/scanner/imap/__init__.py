"""Mailboxes on mail servers."""
