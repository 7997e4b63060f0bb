"""The REST gateway: authenticates, owns users, accounts and uploads, accepts scans, and shows what the others wrote."""
