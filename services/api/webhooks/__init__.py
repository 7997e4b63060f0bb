"""Webhooks: a user's events, posted to their addresses, for receivers without AMQP.

The api manages webhooks and their log (`webhook_service`, `delivery_service`). A process of its
own, `python -m services.api.webhooks`, turns events into deliveries and posts them, so that slow
receivers cannot slow down the api.
"""
