"""Parser processes: a pool of them, and the protocol that they speak."""
