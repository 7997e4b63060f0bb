"""Readers of structured invoices: UBL, CII, schema.org."""
