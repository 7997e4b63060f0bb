"""Invoices as files, written as they are read, in memory that does not grow with their number."""
