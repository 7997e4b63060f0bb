"""`mailtally user`: users, their sign-in links and tokens."""

import os
from typing import Annotated

import typer

from cli.client.stack_connection import issue_token
from cli.invocation import invocation_of, running_stack
from cli.mailboxes.credentials_prompt import is_interactive, read_new_secret
from cli.parsing.command_group import command_group
from cli.parsing.options import DEFAULT_USER, AsJson
from cli.ui.tables import users_table

app = command_group("Add and list users; create sign-in links and tokens.")

_PASSWORD = "MAILTALLY_USER_PASSWORD"  # noqa: S105 (the name of a variable)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
Admin = Annotated[
    bool, typer.Option("--admin", help="Make the user an administrator, who may see and manage everything.")
]


@app.command("add", short_help="Add a user.")
def add_user(
    context: typer.Context,
    name: Name,
    admin: Admin = False,
    password: Annotated[
        bool | None, typer.Option("--password/--no-password", help="Ask for a password; default in a terminal.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a user, or change the password or the rights of an existing one. Without a password, a
    user can be given tokens but cannot sign in. MAILTALLY_USER_PASSWORD sets the password without
    asking.

    Example: mailtally user add ada
    """
    invocation = invocation_of(context)
    output = invocation.output
    wanted = is_interactive() or _PASSWORD in os.environ if password is None else password
    chosen = read_new_secret(_PASSWORD, f"Password for {name}") if wanted else None
    with invocation.operator() as api:
        user = api.put_user(name, admin=admin, password=chosen)
    if as_json:
        output.document(user)
    else:
        output.note(f"{user['name']} is {'an administrator' if user['admin'] else 'a user'}")


@app.command("list", short_help="List users.")
def list_users(context: typer.Context, as_json: AsJson = False) -> None:
    """List all users.

    Example: mailtally user list
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.operator() as api:
        users = api.users()
    if as_json:
        output.document({"items": users})
    elif not users:
        output.note("No users. Add one with: mailtally user add NAME")
    else:
        for line in users_table(users, output.out.width):
            output.line(line)


@app.command("link", short_help="Print a sign-in link for a browser.")
def print_link(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")] = DEFAULT_USER,
    admin: Annotated[bool, typer.Option("--admin", help="If the user is missing, create an administrator.")] = False,
) -> None:
    """Print a link that signs a browser in once, within 15 minutes.

    Example: mailtally user link ada
    """
    invocation = invocation_of(context)
    invocation.output.line(running_stack(invocation.output, invocation.layout).sign_in_link(name, admin=admin))


@app.command("token", short_help="Print a bearer token of a user.")
def print_token(
    context: typer.Context,
    name: Name,
    admin: Annotated[bool, typer.Option("--admin", help="If the user is missing, create an administrator.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a bearer token of a user, who is created if missing.

    Example: curl -H "Authorization: Bearer $(mailtally user token ada)" http://127.0.0.1:8000/v1/me
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.operator() as api:
        token = issue_token(api, name, admin=admin)
    if as_json:
        output.document(token)
    else:
        output.line(token["access_token"])
