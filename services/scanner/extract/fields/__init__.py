"""Finders of invoice fields in the text of a page or body."""
