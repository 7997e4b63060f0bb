"""Adding and finding mailboxes from the command line."""
