"""The local stack without a server."""
