"""Stands in for the api service."""

from tests.support.standin.serve import serve

if __name__ == "__main__":
    serve()
