"""The image and docker-compose.yml as they are used: built, started, scanned with, killed. See `./run containers`."""
