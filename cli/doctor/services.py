"""Checks of the services: readiness and version of each replica."""

import re
from collections.abc import Iterator

import httpx

from cli.doctor.connections import ServerConnections
from cli.doctor.result import Finding, ok, problem, unknown
from shared.formatting import count
from shared.version import VERSION

_ANSWER_SECONDS = 5.0
_BUILD = re.compile(r'^mailtally_build_info\{version="(?P<version>[^"]*)"\}', re.MULTILINE)


def check_services(servers: ServerConnections) -> Iterator[Finding]:
    """Check `/readyz` of every known replica."""
    health = servers.target.health
    if not health:
        yield unknown("The readiness of the services was not checked.", "name them with --health http://host:8000")
        return
    wrong = False
    for name, url in health.items():
        if (finding := _check_replica(servers, name, url)) is not None:
            wrong = True
            yield finding
    if not wrong:
        yield ok(f"{count(len(health), 'process', 'processes')} ready: {', '.join(health)}")


def check_builds(servers: ServerConnections) -> Iterator[Finding]:
    """Check that every replica has this version: one that was not restarted after an upgrade works
    by older rules."""
    wrong, known = False, 0
    for name, url in servers.target.health.items():
        try:
            build = _BUILD.search(servers.http.get(f"{url.rstrip('/')}/metrics", timeout=_ANSWER_SECONDS).text)
        except httpx.HTTPError:
            continue  # check_services reports it
        if build is None:
            continue
        known += 1
        if build["version"] != VERSION:
            wrong = True
            says = f"{name} runs Mailtally {build['version']}, and this is {VERSION}."
            yield problem(says, servers.target.restart(name.partition("-")[0]))
    if not known:
        yield unknown("The versions of the services are not known.")
    elif not wrong:
        yield ok(f"Every service runs Mailtally {VERSION}")


def _check_replica(servers: ServerConnections, name: str, url: str) -> Finding | None:
    service = name.partition("-")[0]
    try:
        answer = servers.http.get(f"{url.rstrip('/')}/readyz", timeout=_ANSWER_SECONDS)
        if answer.is_success:
            return None
        failing = [check for check, passes in answer.json()["checks"].items() if not passes]
    except httpx.HTTPError as error:
        says = f"{name} does not answer at {url} ({type(error).__name__})."
        return problem(says, f"{servers.target.restart(service)}, or read its log")
    except (ValueError, KeyError, AttributeError):
        return problem(f"The server at {url} is not a service of Mailtally.", "correct the address")
    return problem(f"{name} is not ready: {', '.join(failing)}.", "fix what is named, then wait; its log says more")
