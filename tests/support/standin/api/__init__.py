"""Stands in for the api service, and for the process of it that delivers to webhooks."""
