"""Web pages: rendered by the server, kept live by small scripts, self-contained."""
