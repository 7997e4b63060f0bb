"""Invoices: reading, filtering, summaries, corrections, exports, pictures of their pages."""
