"""Messages: headers, parts, archives, forwarded messages."""
