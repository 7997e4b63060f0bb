"""Webhooks: a user's events, posted to addresses of theirs, for those without AMQP.

The gateway keeps the subscriptions (`subscriptions`, `requests`); a process of its own, `python -m
services.api.webhooks`, makes deliveries of events and posts them, so that slow receivers burden nobody else.
"""
