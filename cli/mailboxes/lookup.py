"""Finding what a person named: a mailbox by its label, a scan by its id or the beginning of it."""

from cli.client.api import Api, Json
from cli.errors import ApiProblem, CliError, NotThere

_SHORTEST_PREFIX = 4


def find_account(api: Api, name: str) -> Json:
    """The mailbox of this label or id."""
    accounts = api.accounts()
    for account in accounts:
        if name in (account["label"], account["account_id"]):
            return account
    raise NotThere("mailbox", name, (account["label"] for account in accounts))


def find_task(api: Api, text: str) -> Json:
    """The task whose id is, or alone begins with, this text."""
    try:
        return api.scan(text)
    except ApiProblem as problem:
        if problem.status != 404 or len(text) < _SHORTEST_PREFIX:
            raise
    tasks = list(api.scans())
    matches = [task for task in tasks if task["task_id"].startswith(text)]
    if len(matches) > 1:
        raise CliError(f'{len(matches)} scans begin with "{text}". Give more of the id.')
    if not matches:
        raise NotThere("scan", text, (task["task_id"] for task in tasks))
    return matches[0]
