"""Contracts and plumbing that every service uses: no business rule lives here, and no service is
imported."""
