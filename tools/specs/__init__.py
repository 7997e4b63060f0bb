"""`./run specs`: writes the contract that other systems build on, and refuses to break it."""
