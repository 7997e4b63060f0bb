"""What counts as a message in an uploaded mailbox, stated once for the api and the scanner."""
