"""The client of the API, its tokens and its event streams."""
