"""`./run specs`: the schemas of the events, and the refusal of changes that break a published
version."""
