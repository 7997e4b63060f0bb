"""Redrives tasks that nobody answers, and ends those that stay silent."""
