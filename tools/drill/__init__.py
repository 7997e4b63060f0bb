"""The chaos test: kills, freezes and disconnects the processes of its own stack under load, then
checks the product's promises."""
