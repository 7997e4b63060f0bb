"""Web pages: rendered by the server, kept live by small scripts, without anything from other sites."""
