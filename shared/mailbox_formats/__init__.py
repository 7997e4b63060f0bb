"""Layouts of uploaded mailboxes: what counts as a message, for the api and the scanner alike."""
