"""A real Prometheus beside the running product: what is scraped, alerted on and drawn is really there."""

import math
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import SLICE_MESSAGES, LocalStack
from tests.support import prometheus
from tests.support.api_client import Person
from tests.support.dovecot import MailServer
from tests.support.held_mail import HeldMail, an_unfinished_mailbox
from tests.support.mailboxes import Samples
from tests.support.monitoring import metrics_in, rules, scrape_jobs, targets
from tests.support.prometheus import Prometheus
from tests.support.waiting import eventually_sync
from tools.stack.ports import known_ports

RANGE = "15m"
"""For Grafana's $__rate_interval: all that has happened since Prometheus was started."""
IDENTIFIER = re.compile(r"[0-9a-f]{12,}|[0-9a-f]{8}-[0-9a-f]{4}|@", re.IGNORECASE)
"""What ids and addresses look like, whosever they are."""
OURS = '{job!~"rabbitmq.*|", __name__!~"up|scrape_.*|ALERTS.*"}'


@dataclass(frozen=True)
class Scraped:
    """Prometheus after it has seen a scan, and everything that names that scan."""

    prometheus: Prometheus
    names: set[str]
    scan_again: Callable[[], set[str]]


@pytest.fixture(scope="module")
def scraped(
    stack: LocalStack,
    samples: Samples,
    mail_server: MailServer,
    held_mail: HeldMail,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scraped]:
    """Scans that find invoices and scans that are cancelled, one of each before and after they were first scraped:
    a series begins with its first value, and only what is added to it has a rate."""
    with (
        prometheus.running(tmp_path_factory.mktemp("prometheus"), addresses(stack)) as server,
        stack.door.user("metrics-ada") as api,
    ):
        ada = Person("metrics-ada", api)

        def scan_and_cancel() -> set[str]:
            return {*scan_one(ada, samples), *cancel_one(ada, mail_server, held_mail)}

        until_none(lambda: [t["scrapeUrl"] for t in server.targets() if t["health"] != "up"])
        names = {ada.name, *scan_and_cancel()}
        until_none(lambda: unseen(server, "mailtally_task_duration_seconds_count"))
        names |= scan_and_cancel()
        until_none(lambda: unseen(server, f"rate(mailtally_task_duration_seconds_count[{RANGE}]) > 0"))
        names |= {str(invoice["id"]) for invoice in ada.invoices()}
        yield Scraped(server, names, scan_and_cancel)


def scan_one(ada: Person, samples: Samples) -> set[str]:
    """A scan that finds invoices; what names it."""
    account_id = ada.mailbox(samples.first_messages("ada", 60))
    done = ada.until_ended(ada.start(account_id))
    assert done["status"] == "DONE"
    return {account_id, done["task_id"], done["user_id"]}


def cancel_one(ada: Person, mail_server: MailServer, held_mail: HeldMail) -> set[str]:
    """One that is cancelled in its middle."""
    with an_unfinished_mailbox(mail_server, held_mail, messages=2 * SLICE_MESSAGES, free=SLICE_MESSAGES) as mailbox:
        account_id = ada.server_mailbox(mailbox.source, label=mailbox.user)
        task_id = ada.start(account_id)
        ada.until(task_id, lambda seen: seen["progress"] > 0)
        ada.api.cancel_scan(task_id)
        assert ada.until_ended(task_id)["status"] == "CANCELLED"
        return {account_id, task_id, mailbox.user}


def addresses(stack: LocalStack) -> dict[str, list[str]]:
    """Where each job of the configuration finds its targets in this stack."""
    broker = [f"127.0.0.1:{known_ports(stack.layout.ports_file('rabbitmq'))['prometheus']}"]
    found = {"rabbitmq": broker, "rabbitmq-queues": broker}
    for service, urls in stack.state.metrics.items():
        found[service] = [urlsplit(url).netloc for url in ([urls] if isinstance(urls, str) else urls)]
    return found


def until_none(missing: Callable[[], Collection[str]]) -> None:
    """Ask until nothing is missing: Prometheus tells nobody what it has scraped."""
    found: list[str] = []

    def nothing_is_missing() -> bool:
        found[:] = missing()
        return not found

    try:
        eventually_sync(nothing_is_missing)
    except AssertionError as error:
        error.add_note(f"missing: {found}")
        raise


def unseen(server: Prometheus, expression: str) -> set[str]:
    """The outcomes that the vector lacks."""
    return {"DONE", "CANCELLED"} - {labels["outcome"] for labels, _ in server.ask(expression)}


def test_everything_is_scraped_and_every_rule_holds(scraped: Scraped) -> None:
    assert {target["labels"]["job"] for target in scraped.prometheus.targets()} == set(scrape_jobs())
    until_none(lambda: [rule["name"] for rule in scraped.prometheus.rules() if rule["health"] != "ok"])
    assert len(scraped.prometheus.rules()) == len(rules())


def test_every_metric_of_alerts_and_panels_is_exported(scraped: Scraped) -> None:
    named = set[str]().union(*(metrics_in(expression) for expression in [rule["expr"] for rule in rules()]))
    named |= set[str]().union(*(metrics_in(target["expr"]) for _, target in targets()))
    # A scrape that takes too long takes the series of its target away until the next.
    until_none(lambda: [name for name in named if not scraped.prometheus.ask(f"count({name})")])


def test_every_panel_shows_something(scraped: Scraped) -> None:
    def still_blank() -> list[str]:
        empty = blank(scraped.prometheus)
        if empty:  # of two scanners, each may have had one scan only: a series with a single value has no rate
            scraped.names.update(scraped.scan_again())
        return empty

    until_none(still_blank)


def blank(server: Prometheus) -> list[str]:
    """Queries without a series, and panels without a number: a quantile of nothing is a series of no number."""
    empty, shown = [], dict[str, bool]()
    for panel, target in targets():
        vector = server.ask(target["expr"].replace("$__rate_interval", RANGE))
        empty += [] if vector else [target["expr"]]
        shown[panel] = shown.get(panel, False) or any(math.isfinite(value) for _, value in vector)
    return [*empty, *(panel for panel, number in shown.items() if not number)]


def test_no_label_names_a_user_an_account_a_mailbox_or_a_task(scraped: Scraped) -> None:
    series = scraped.prometheus.series(OURS)
    assert {labels["__name__"] for labels in series} >= {"mailtally_invoices_found_total", "mailtally_ready"}
    broker = scraped.prometheus.series('{job="rabbitmq-queues", queue!=""}')
    for labels in [*series, *broker]:
        for label, value in labels.items():
            assert not any(name in value for name in scraped.names), labels
            assert label in ("__name__", "instance") or not IDENTIFIER.search(value), labels
