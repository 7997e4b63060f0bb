"""Who may come in, and how they show who they are: tokens, sessions, API keys, one-time tickets, passwords."""
