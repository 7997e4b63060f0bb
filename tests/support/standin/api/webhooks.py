"""Stands in for the delivery to webhooks."""

from tests.support.standin.serve import serve

if __name__ == "__main__":
    serve()
