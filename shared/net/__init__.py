"""Hosts and addresses: which may be connected to, and connecting to exactly those."""
