"""`mailtally webhooks`: addresses to which a user's events are posted."""

import datetime as dt
from itertools import islice
from typing import Annotated

import typer

from cli.client.api import ApiClient, Json
from cli.errors import NotFoundError
from cli.invocation import invocation_of
from cli.parsing.command_group import command_group
from cli.parsing.options import DEFAULT_USER, AsJson, Limit, User
from cli.ui.field_text import SHORT_ID, ago
from cli.ui.table_layout import Column, render
from shared.formatting import count

app = command_group("Post events to an address, and list the deliveries.")

Webhook = Annotated[
    str, typer.Argument(metavar="WEBHOOK", help="The label, the id or the beginning of the id of a webhook.")
]


@app.command("add", short_help="Add a webhook and print its secret.")
def add_webhook(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The https address to post to.")],
    events: Annotated[
        list[str] | None,
        typer.Option("--event", metavar="TYPE", help="A type of events, such as scan.failed.v1; may be repeated."),
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="A name for the webhook.")] = None,
    user: User = DEFAULT_USER,
    as_json: AsJson = False,
) -> None:
    """Post the events of a user to an address, and print once the secret that verifies them.

    Without --event: found invoices and the ends of scans. docs/webhooks.md explains how to verify.

    Example: mailtally webhooks add https://books.example.com/hook --event invoice.found.v1
    """
    invocation = invocation_of(context)
    wanted = events or ["invoice.found.v1", "scan.completed.v1", "scan.failed.v1", "scan.cancelled.v1"]
    with invocation.signed_in(user) as api:
        webhook = api.add_webhook(url, wanted, label)
    if as_json:
        invocation.output.document(webhook)
        return
    invocation.output.note(f"Webhook {webhook['webhook_id'][:SHORT_ID]}. Its secret, which is not shown again:")
    invocation.output.line(webhook["secret"])


@app.command("list", short_help="List webhooks.")
def list_webhooks(context: typer.Context, user: User = DEFAULT_USER, as_json: AsJson = False) -> None:
    """List webhooks and their state.

    Example: mailtally webhooks list
    """
    invocation = invocation_of(context)
    with invocation.signed_in(user) as api:
        items = api.webhooks()
    if as_json:
        invocation.output.document({"items": items})
    elif not items:
        invocation.output.note("No webhooks. Add one with: mailtally webhooks add URL")
    else:
        columns = (
            Column("Id"),
            Column("Label", drops=1),
            Column("Address", shrinks=True),
            Column("Types"),
            Column("State"),
        )
        rows = [
            (
                webhook["webhook_id"][:SHORT_ID],
                webhook["label"] or "-",
                webhook["url"],
                count(len(webhook["events"])),
                _state(webhook),
            )
            for webhook in items
        ]
        for line in render(columns, rows, invocation.output.out.width):
            invocation.output.line(line)


@app.command("remove", short_help="Remove a webhook.")
def remove_webhook(context: typer.Context, webhook: Webhook, user: User = DEFAULT_USER) -> None:
    """Remove a webhook and its delivery log.

    Example: mailtally webhooks remove 1f6f2f5b
    """
    invocation = invocation_of(context)
    with invocation.signed_in(user) as api:
        items = _find(api, webhook)
        api.remove_webhook(items["webhook_id"])
    invocation.output.note(f"Removed {items['label'] or items['webhook_id'][:SHORT_ID]}")


@app.command("test", short_help="Send a webhook a test event.")
def try_webhook(context: typer.Context, webhook: Webhook, user: User = DEFAULT_USER, as_json: AsJson = False) -> None:
    """Send a webhook.test.v1 event to a webhook. See the result with: mailtally webhooks
    deliveries.

    Example: mailtally webhooks test 1f6f2f5b
    """
    invocation = invocation_of(context)
    with invocation.signed_in(user) as api:
        sent = api.test_webhook(_find(api, webhook)["webhook_id"])
    if as_json:
        invocation.output.document(sent)
    else:
        invocation.output.note(f"Sent the test event {sent['event_id']}")


@app.command("deliveries", short_help="List deliveries.")
def list_deliveries(
    context: typer.Context,
    webhook: Webhook,
    state: Annotated[
        str | None, typer.Option("--state", help="Only deliveries in this state: pending, delivered or failed.")
    ] = None,
    limit: Limit = 20,
    user: User = DEFAULT_USER,
    as_json: AsJson = False,
) -> None:
    """List the deliveries of a webhook, newest first, with the result of the last attempt.

    Example: mailtally webhooks deliveries 1f6f2f5b --state failed
    """
    invocation = invocation_of(context)
    with invocation.signed_in(user) as api:
        items = list(islice(api.deliveries(_find(api, webhook)["webhook_id"], state=state), limit))
    if as_json:
        invocation.output.document({"items": items})
    elif not items:
        invocation.output.note("No deliveries.")
    else:
        now = dt.datetime.now(dt.UTC)
        columns = (
            Column("Event", drops=1),
            Column("Type", shrinks=True),
            Column("State"),
            Column("Attempts", right=True),
            Column("Last answer"),
            Column("Since", drops=2),
        )
        rows = [
            (
                delivery["event_id"],
                delivery["type"],
                delivery["state"],
                count(len(delivery["attempts"])),
                _last(delivery),
                ago(delivery["created_at"], now),
            )
            for delivery in items
        ]
        for line in render(columns, rows, invocation.output.out.width):
            invocation.output.line(line)


def _find(api: ApiClient, text: str) -> Json:
    webhooks = api.webhooks()
    for webhook in webhooks:
        if text == webhook["label"]:
            return webhook
    matches = [webhook for webhook in webhooks if webhook["webhook_id"].startswith(text)]
    if len(matches) != 1:
        raise NotFoundError("webhook", text, (webhook["webhook_id"][:SHORT_ID] for webhook in webhooks))
    return matches[0]


def _state(webhook: Json) -> str:
    if not webhook["enabled"]:
        return f"disabled: {webhook['disabled_reason'].replace('_', ' ')}"
    return "works" if webhook["failing_since"] is None else "failing"


def _last(delivery: Json) -> str:
    if not delivery["attempts"]:
        return "-"
    last = delivery["attempts"][-1]
    return str(last["status"] or last["error"].replace("_", " "))
