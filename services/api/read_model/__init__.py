"""Reads of what the other services wrote."""
