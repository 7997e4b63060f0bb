"""What docker-compose.yml says of every container, Grafana's included, which is not started here."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.containers.compose import PORTS, STEPS, Compose
from tools.stack.layout import PROJECT

SERVERS = {"rabbitmq", "mongo", "prometheus", "grafana"}


@pytest.fixture(scope="module")
def services(compose: Compose) -> dict[str, dict[str, Any]]:
    """Name -> what Compose makes of it."""
    read: dict[str, dict[str, Any]] = compose.config["services"]
    return read


@pytest.fixture(scope="module")
def ours(services: dict[str, dict[str, Any]]) -> set[str]:
    """Those that are processes of our image, and run on."""
    return services.keys() - STEPS - SERVERS


def test_it_has_every_part_and_both_scanners(services: dict[str, dict[str, Any]], ours: set[str]) -> None:
    assert services.keys() >= STEPS | SERVERS
    assert ours == {"api", "webhooks", "scanner", "status"}
    assert all(services[name]["command"][-1].startswith("services.") for name in ours)
    assert {name: services[name]["deploy"]["replicas"] for name in ours if "replicas" in services[name]["deploy"]} == {
        "scanner": 2
    }


def test_everything_but_grafana_starts_by_itself(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if service.get("profiles")} == {"grafana"}


def test_every_port_is_published_on_the_loopback_address_by_a_variable(
    compose: Compose, services: dict[str, dict[str, Any]]
) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}
    assert {int(port["published"]) for port in published} == {compose.port(variable) for variable in PORTS}


def test_every_container_is_confined_and_limited(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name
        assert service["logging"] == {"driver": "local"}, name


def test_what_runs_on_is_started_again_and_a_step_is_not(services: dict[str, dict[str, Any]]) -> None:
    again = {name for name, service in services.items() if service.get("restart") == "unless-stopped"}
    assert again == services.keys() - STEPS
    assert not [name for name in STEPS if "restart" in services[name]]


def test_services_wait_for_the_last_step_and_each_step_for_the_one_before(
    services: dict[str, dict[str, Any]], ours: set[str]
) -> None:
    ended = {
        name: {on for on, how in service["depends_on"].items() if how["condition"] == "service_completed_successfully"}
        for name, service in services.items()
        if "depends_on" in service
    }
    assert all(ended[name] == {"migrate"} for name in ours)
    assert ended["migrate"] == {"provision"}
    assert ended["rabbitmq"] == ended["mongo"] == {"secrets"}
    assert services["provision"]["depends_on"].keys() == {"rabbitmq", "mongo"}


def test_a_container_is_given_its_own_secrets_alone_and_reads_them_only(
    services: dict[str, dict[str, Any]], ours: set[str]
) -> None:
    given = {
        name: {volume["source"] for volume in service.get("volumes", ()) if "secrets" in volume.get("source", "")}
        for name, service in services.items()
    }
    writers = given.pop("secrets")
    own = {name: {f"{name}-secrets"} for name in ("rabbitmq", "mongo", *ours)}
    others = {"provision": {"operator-secrets"}, "migrate": {"status-secrets"}, "prometheus": set(), "grafana": set()}
    assert given == own | others
    assert writers == set().union(*given.values())
    for name in given:
        mounted = [volume for volume in services[name].get("volumes", ()) if "secrets" in volume.get("source", "")]
        assert all(volume["read_only"] for volume in mounted), name


def test_no_secret_is_in_the_environment(services: dict[str, dict[str, Any]]) -> None:
    secret = ("PASS", "SECRET", "KEY", "URL", "TOKEN")
    for service in services.values():
        for name, value in (service.get("environment") or {}).items():
            if any(word in name for word in secret) and not name.startswith("GF_"):
                assert name.endswith("_FILE"), name
                assert value.startswith("/run/mailtally/"), name


def test_the_production_file_of_the_docs_goes_with_it(compose: Compose, tmp_path: Path) -> None:
    (example,) = re.findall(
        r"```yaml\n(.*?)```", (PROJECT / "docs/operations.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "production.yml").write_text(example)
    services = replace(compose, files=(*compose.files, str(tmp_path / "production.yml"))).config["services"]
    assert services["scanner"]["deploy"]["replicas"] == 4
    assert services["scanner"]["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert "ports" not in services["rabbitmq"]
    assert len(services["secrets"]["secrets"]) == 5
