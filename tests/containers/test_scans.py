"""A person's way through the containers: signing in, a mailbox by REST, its scan, its invoices."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from cli.client.api import ApiClient
from cli.client.token_auth import BearerAuth, Token
from tests.containers.compose import Compose
from tests.containers.figures import Figures
from tests.support.api_client import Person
from tests.support.mailboxes import Samples, known, read
from tests.support.waiting import SECONDS

NewPerson = Callable[[str], Person]


def test_a_mailbox_sent_by_rest_is_scanned_and_its_invoices_are_found(
    person: NewPerson, samples: Samples, figures: Figures
) -> None:
    ada = person("ada")
    account_id = ada.mailbox(samples.whole("ada"))
    with figures.measured("scan of 330 messages"):
        task = ada.until_ended(ada.start(account_id))
    assert (task["status"], task["progress"], task["error"]) == ("DONE", 100, None)
    assert read(ada.invoices(task_id=task["task_id"])) == known(samples.truth("ada"))


def test_a_person_signs_in_with_a_password_and_sees_a_page(deployment: Compose) -> None:
    url = f"http://127.0.0.1:{deployment.port('API_PORT')}"
    token = deployment.execute("api", "python", "-m", "deploy.user_token", "root", "--admin").strip()
    with ApiClient(url, BearerAuth(lambda: Token(token, 3600))) as administrator:
        administrator.put_user("grace", admin=False, password="correct horse battery")
        deployment.execute("api", "python", "-m", "deploy.user_token", "root")
        assert {user["name"] for user in administrator.users() if user["admin"]} == {"root"}
    with httpx.Client(base_url=url, trust_env=False, timeout=SECONDS) as browser:
        answer = browser.post("/v1/auth/login", json={"username": "grace", "password": "correct horse battery"})
        assert answer.status_code == 200, answer.text
        assert browser.get("/v1/accounts").status_code == 200
        assert "grace" in browser.get("/").raise_for_status().text
        wrong = browser.post("/v1/auth/login", json={"username": "grace", "password": "incorrect horse"})
        assert wrong.status_code == 401


def test_a_link_signs_a_browser_in(deployment: Compose) -> None:
    url = f"http://127.0.0.1:{deployment.port('API_PORT')}"
    link = deployment.execute("api", "python", "-m", "deploy.user_token", "hedy", "--link", url).strip()
    with httpx.Client(base_url=url, trust_env=False, follow_redirects=True, timeout=SECONDS) as browser:
        assert browser.get(link).raise_for_status().url == link
        form = dict(parse_qsl(urlsplit(link).query))
        page = browser.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"}).raise_for_status()
        assert page.url.path == "/"
        assert "hedy" in page.text


_WRITE = """
import os, pathlib, sys
from pymongo import MongoClient
from pymongo.errors import OperationFailure
url = pathlib.Path(os.environ["MAILTALLY_MONGO_URL_FILE"]).read_text()
try:
    MongoClient(url)["mailtally"]["scanning_tasks"].update_one({"_id": "nobody's"}, {"$set": {"progress": 1}})
except OperationFailure as error:
    sys.exit(f"refused {error.code}")
print("written")
"""


@pytest.mark.parametrize(
    ("service", "outcome"), [("api", "refused 13"), ("scanner", "refused 13"), ("status", "written")]
)
def test_the_provisioned_database_users_keep_the_one_writer_of_tasks(
    deployment: Compose, service: str, outcome: str
) -> None:
    said = deployment.execute(service, "sh", "-c", "python - 2>&1 || true", given=_WRITE)
    assert said.strip() == outcome


def test_the_database_and_the_broker_refuse_whoever_has_no_password(deployment: Compose) -> None:
    count = "try { db.getSiblingDB('mailtally').scanning_tasks.countDocuments() } catch (e) { print(e.codeName) }"
    assert deployment.execute("mongo", "mongosh", "--quiet", "--eval", count).split() == ["Unauthorized"]
    management = f"http://127.0.0.1:{deployment.port('RABBITMQ_UI_PORT')}/api/overview"
    assert httpx.get(management, trust_env=False, timeout=SECONDS).status_code == 401
    assert httpx.get(management, auth=("guest", "guest"), trust_env=False, timeout=SECONDS).status_code == 401
