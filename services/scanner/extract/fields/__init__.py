"""Fields of an invoice, found in the text of a page or body."""
