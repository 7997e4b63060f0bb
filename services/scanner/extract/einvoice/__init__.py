"""Structured invoices: UBL, CII, schema.org."""
