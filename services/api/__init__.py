"""The REST gateway: it authenticates, owns users, accounts and uploads, and serves all results."""
