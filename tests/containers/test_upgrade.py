"""A new version is every container made anew: tasks and invoices are those of before, and given secrets take hold."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx

from tests.containers.compose import Compose
from tests.containers.figures import Figures
from tests.support.api_client import Person, essence
from tests.support.mailboxes import Samples
from tests.support.waiting import SECONDS

NewPerson = Callable[[str], Person]

_OLD_TASK = {"_id": "old", "task_id": "old", "user_id": "somebody", "status": "SUCCESS"}
_GIVEN = {
    "rabbitmq_administrator": "given-to-the-broker",
    "rabbitmq_status": "given-to-status-0001",
    "mongodb_api": "given-to-the-api-002",
    "keys_jwt": "given-to-sign-every-token-of-the-api",
}


def test_containers_made_anew_keep_everything_take_given_secrets_and_migrate_old_tasks(
    deployment: Compose, person: NewPerson, samples: Samples, figures: Figures, tmp_path: Path
) -> None:
    before = person("dora")
    task = before.scan(samples.first_messages("ada", 60))
    invoices = essence(before.invoices())
    made_up = deployment.passwords()
    administer(deployment, f"db.scanning_tasks.insertOne({json.dumps(_OLD_TASK)})")

    with figures.measured("every container made anew"):
        production(deployment, tmp_path).up("--force-recreate")

    after = person("dora")
    assert after.api.scan(task["task_id"])["status"] == "DONE"
    assert essence(after.invoices()) == invoices
    assert after.scan(samples.first_messages("chiara", 60))["status"] == "DONE"
    assert administer(deployment, "print(db.scanning_tasks.findOne({_id: 'old'}).status)").split() == ["DONE"]
    expected = {f"{group}_{name}": text for group, names in made_up.items() for name, text in names.items()} | _GIVEN
    assert deployment.passwords() == {
        group: {name: expected[f"{group}_{name}"] for name in names} for group, names in made_up.items()
    }
    management = f"http://127.0.0.1:{deployment.port('RABBITMQ_UI_PORT')}/api/overview"
    for password, status in ((_GIVEN["rabbitmq_administrator"], 200), (made_up["rabbitmq"]["administrator"], 401)):
        assert (
            httpx.get(management, auth=("administrator", password), trust_env=False, timeout=SECONDS).status_code
            == status
        )


def production(deployment: Compose, folder: Path) -> Compose:
    """The same project with an override that gives secrets."""
    for name, secret in _GIVEN.items():
        (folder / name).write_text(f"{secret}\n")
    override = {
        "services": {"secrets": {"secrets": list(_GIVEN)}},
        "secrets": {name: {"file": str(folder / name)} for name in _GIVEN},
    }
    (folder / "production.yml").write_text(json.dumps(override))
    return replace(deployment, files=(*deployment.files, str(folder / "production.yml")))


def administer(deployment: Compose, script: str) -> str:
    """What a script for mongosh prints, run on the database as its administrator."""
    login = f"db.getSiblingDB('admin').auth('administrator', '{deployment.passwords()['mongodb']['administrator']}');"
    database = "db = db.getSiblingDB('mailtally');"
    return deployment.execute("mongo", "mongosh", "--quiet", "--eval", f"{login} {database} {script}")
