"""Whether each replica says that it is ready, and of what it complains."""

import re
from collections.abc import Iterator

import httpx

from cli.doctor.connections import Ward
from cli.doctor.result import Finding, problem, unknown, well
from cli.ui.formatting import count
from shared.version import VERSION

_ANSWER_SECONDS = 5.0
_BUILD = re.compile(r'^mailtally_build_info\{version="(?P<version>[^"]*)"\}', re.MULTILINE)


def check_services(ward: Ward) -> Iterator[Finding]:
    """`/readyz` of every replica that is known here."""
    health = ward.target.health
    if not health:
        yield unknown("Nobody asked the services whether they are ready.", "name them with --health http://host:8000")
        return
    wrong = False
    for name, url in health.items():
        if (finding := _ask(ward, name, url)) is not None:
            wrong = True
            yield finding
    if not wrong:
        yield well(f"{count(len(health), 'process', 'processes')} ready: {', '.join(health)}")


def check_builds(ward: Ward) -> Iterator[Finding]:
    """Every replica is of this version: one that was not started again after an upgrade works by older rules."""
    wrong, told = False, 0
    for name, url in ward.target.health.items():
        try:
            found = _BUILD.search(ward.http.get(f"{url.rstrip('/')}/metrics", timeout=_ANSWER_SECONDS).text)
        except httpx.HTTPError:
            continue  # it is told that it does not answer
        if found is None:
            continue
        told += 1
        if found["version"] != VERSION:
            wrong = True
            says = f"{name} is Mailtally {found['version']}, and this is {VERSION}."
            yield problem(says, ward.target.restart(name.partition("-")[0]))
    if not told:
        yield unknown("No service told its version.")
    elif not wrong:
        yield well(f"Mailtally {VERSION} everywhere")


def _ask(ward: Ward, name: str, url: str) -> Finding | None:
    service = name.partition("-")[0]
    try:
        answer = ward.http.get(f"{url.rstrip('/')}/readyz", timeout=_ANSWER_SECONDS)
        if answer.is_success:
            return None
        failing = [check for check, passes in answer.json()["checks"].items() if not passes]
    except httpx.HTTPError as error:
        says = f"{name} does not answer at {url} ({type(error).__name__})."
        return problem(says, f"{ward.target.restart(service)}, or read its log")
    except (ValueError, KeyError, AttributeError):
        return problem(f"What answers at {url} is not a service of Mailtally.", "mend the address")
    return problem(f"{name} is not ready: {', '.join(failing)}.", "mend what is named, then wait; its log says more")
