"""A new version is every container made anew: secrets, tasks and invoices are those of before."""

import json
from collections.abc import Callable
from typing import Any

from tests.containers.compose import Compose
from tests.containers.figures import Figures
from tests.support.api_client import Person, essence
from tests.support.mailboxes import Samples

NewPerson = Callable[[str], Person]

_OLD_TASK = {"_id": "old", "task_id": "old", "user_id": "somebody", "status": "SUCCESS"}


def test_containers_made_anew_keep_everything_and_old_tasks_are_migrated(
    deployment: Compose, person: NewPerson, samples: Samples, figures: Figures
) -> None:
    before = person("dora")
    task = before.scan(samples.first_messages("ada", 60))
    invoices = essence(before.invoices())
    passwords = secrets(deployment)
    administer(deployment, f"db.scanning_tasks.insertOne({json.dumps(_OLD_TASK)})")
    with figures.measured("every container made anew"):
        deployment.up("--force-recreate")
    assert secrets(deployment) == passwords
    after = person("dora")
    assert after.api.scan(task["task_id"])["status"] == "DONE"
    assert essence(after.invoices()) == invoices
    assert after.scan(samples.first_messages("chiara", 60))["status"] == "DONE"
    assert administer(deployment, "print(db.scanning_tasks.findOne({_id: 'old'}).status)").split() == ["DONE"]


def secrets(deployment: Compose) -> dict[str, Any]:
    """Every password and key of the deployment."""
    kept = deployment.run(
        "run", "--rm", "--no-deps", "--no-TTY", "provision", "cat", "/secrets/operator/passwords.json"
    )
    read: dict[str, Any] = json.loads(kept)
    return read


def administer(deployment: Compose, script: str) -> str:
    """What a script for mongosh prints, run on the database as its administrator."""
    login = f"db.getSiblingDB('admin').auth('administrator', '{secrets(deployment)['mongodb']['administrator']}');"
    database = "db = db.getSiblingDB('mailtally');"
    return deployment.execute("mongo", "mongosh", "--quiet", "--eval", f"{login} {database} {script}")
