"""Live task updates: the hub of this process, its broker feed, and event streams for clients."""
