"""Stands in for the status service."""

from tests.support.standin.serve import serve

if __name__ == "__main__":
    serve()
