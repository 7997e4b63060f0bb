"""Mail messages: headers, parts, archives and forwarded messages."""
