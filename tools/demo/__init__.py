"""The demo: the whole system on this machine, three users' sample mailboxes at once, and what was found in them."""
