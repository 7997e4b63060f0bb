"""Invoices: reading, filtering, summaries, corrections, exports, images of their pages."""
