"""Uploaded mailboxes: which format a file has, and storing it in GridFS."""
