"""Stand-ins for the services: ready at once, doing nothing, to test what starts and stops them."""
