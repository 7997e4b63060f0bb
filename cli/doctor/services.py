"""Whether each replica says that it is ready, and of what it complains."""

from collections.abc import Iterator

import httpx

from cli.doctor.finding import Finding, problem, unknown, well
from cli.doctor.ward import Ward
from cli.words import count

_ANSWER_SECONDS = 5.0


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
