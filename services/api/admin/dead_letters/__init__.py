"""Messages that could not be handled, for administrators."""
