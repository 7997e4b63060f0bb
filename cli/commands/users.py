"""`mailtally user`: who uses this Mailtally."""

import os
from typing import Annotated

import typer

from cli.client.stack_connection import issue_token
from cli.invocation import invocation_of, running_stack
from cli.mailboxes.credentials_prompt import is_interactive, read_new_secret
from cli.parsing.command_group import command_group
from cli.parsing.options import DEFAULT_USER, AsJson
from cli.ui.tables import users_table

app = command_group("Add and list users, and sign them in.")

_PASSWORD = "MAILTALLY_USER_PASSWORD"  # noqa: S105 (the name of a variable)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
Admin = Annotated[bool, typer.Option("--admin", help="May see and manage everything.")]


@app.command("add", short_help="Add a user.")
def add_user(
    context: typer.Context,
    name: Name,
    admin: Admin = False,
    password: Annotated[
        bool | None, typer.Option("--password/--no-password", help="Ask for a password; in a terminal by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Example: mailtally user add ada

    Adds a user, or gives the one of this name another password or other rights. Without a password the user can be
    given tokens, and cannot sign in. MAILTALLY_USER_PASSWORD saves asking.
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
    """Example: mailtally user list

    Lists all users.
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


@app.command("link", short_help="Print a link that signs a browser in.")
def print_link(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")] = DEFAULT_USER,
    admin: Annotated[bool, typer.Option("--admin", help="Add the user as an administrator if there is none.")] = False,
) -> None:
    """Example: mailtally user link ada

    Prints the address of the pages with a sign-in that is good once, for 15 minutes.
    """
    invocation = invocation_of(context)
    invocation.output.line(running_stack(invocation.output, invocation.layout).sign_in_link(name, admin=admin))


@app.command("token", short_help="Print a bearer token of a user.")
def print_token(
    context: typer.Context,
    name: Name,
    admin: Annotated[bool, typer.Option("--admin", help="Add the user as an administrator if there is none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Example: curl -H "Authorization: Bearer $(mailtally user token ada)" http://127.0.0.1:8000/v1/me

    Prints a bearer token of a user, made if there is none.
    """
    invocation = invocation_of(context)
    output = invocation.output
    with invocation.operator() as api:
        token = issue_token(api, name, admin=admin)
    if as_json:
        output.document(token)
    else:
        output.line(token["access_token"])
