"""The invariants after a chaos test, each checked by a function that returns a result."""
