"""Authentication and sign-in: tokens, sessions, API keys, one-time tickets and links, passwords."""
