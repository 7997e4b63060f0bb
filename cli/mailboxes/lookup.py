"""Finding a mailbox by its label, and a scan by its id or the beginning of it."""

from cli.client.api import ApiClient, Json
from cli.errors import ApiProblemError, CliError, NotFoundError

_SHORTEST_PREFIX = 4


def find_account(api: ApiClient, name: str) -> Json:
    """Return the mailbox with this label or id. Raises `NotFoundError`."""
    accounts = api.accounts()
    for account in accounts:
        if name in (account["label"], account["account_id"]):
            return account
    raise NotFoundError("mailbox", name, (account["label"] for account in accounts))


def find_task(api: ApiClient, text: str) -> Json:
    """Return the task whose id is this text, or is the only one that begins with it."""
    try:
        return api.scan(text)
    except ApiProblemError as problem:
        if problem.status != 404 or len(text) < _SHORTEST_PREFIX:
            raise
    tasks = list(api.scans())
    matches = [task for task in tasks if task["task_id"].startswith(text)]
    if len(matches) > 1:
        raise CliError(f'{len(matches)} scans begin with "{text}". Give more of the id.')
    if not matches:
        raise NotFoundError("scan", text, (task["task_id"] for task in tasks))
    return matches[0]
