"""`./run demo`: three users scan their sample mailboxes at the same time."""
