"""From the command line to a page in a browser's hands, on the whole stack."""

import subprocess
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx

from services.api.identity.authenticator import SESSION_COOKIE
from tests.support.api_client import Person
from tests.support.terminal import ENVIRONMENT
from tests.support.waiting import SECONDS


def test_a_link_of_the_command_line_opens_the_pages_once(
    command: Callable[..., list[str]], person: Callable[[], Person]
) -> None:
    made = subprocess.run(
        command("user", "link", person().name), env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    link = made.stdout.strip()
    address = urlsplit(link)
    secret = parse_qs(address.query)["link"][0]
    site, headers = f"{address.scheme}://{address.netloc}", {"Accept": "text/html"}
    with httpx.Client(base_url=site, headers=headers, timeout=SECONDS) as browser:
        assert "This link works once." in browser.get(link).text
        origin = {"Origin": str(browser.base_url)}
        signed_in = browser.post("/sign-in", data={"link": secret}, headers=origin)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
        assert SESSION_COOKIE in browser.cookies
        assert "Connect your first mailbox" in browser.get("/").text
        again = browser.post("/sign-in", data={"link": secret}, headers=origin)
        assert "This link has been used" in again.text
