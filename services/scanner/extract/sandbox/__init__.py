"""Parser processes: a pool, and the protocol that its children speak."""
