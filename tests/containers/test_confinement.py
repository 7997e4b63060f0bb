"""What the engine and the kernel really hold the running containers to, and what the image has and has not."""

import subprocess
from typing import Any

import pytest

from tests.containers.compose import Compose, Container
from tests.containers.engine import docker

GIB = 1024**3


@pytest.fixture(scope="module")
def containers(deployment: Compose) -> list[Container]:
    """All of them, the steps that have ended too."""
    return deployment.containers()


def test_two_scanners_one_of_everything_else_and_the_steps_ended_well(
    compose: Compose, containers: list[Container]
) -> None:
    names = sorted((container.service, container.number) for container in containers)
    assert names == sorted([*((name, 1) for name in compose.config["services"] if name != "grafana"), ("scanner", 2)])
    steps = {container.service: container.known["State"]["ExitCode"] for container in containers if container.is_step}
    assert steps == {"secrets": 0, "provision": 0, "migrate": 0}
    assert {container.health for container in containers if not container.is_step} == {"healthy"}


def test_whoever_starts_it_is_told_that_the_secrets_are_made_up_and_none_is_logged(deployment: Compose) -> None:
    assert "Development secrets were generated" in deployment.run("logs", "--no-log-prefix", "secrets")
    logs = deployment.run("logs", "--no-log-prefix")
    kept = [(group, name, secret) for group, names in deployment.passwords().items() for name, secret in names.items()]
    assert [(group, name) for group, name, secret in kept if secret in logs] == []


def test_nobody_is_root_but_the_step_that_gives_secrets_away_which_has_no_network(containers: list[Container]) -> None:
    roots = [c for c in containers if c.known["Config"]["User"].split(":")[0] in ("", "0", "root")]
    assert [container.service for container in roots] == ["secrets"]
    assert roots[0].known["HostConfig"]["NetworkMode"] == "none"
    assert roots[0].known["HostConfig"]["CapAdd"] == ["CAP_CHOWN", "CAP_DAC_OVERRIDE"]


def test_the_engine_confines_and_limits_every_container(containers: list[Container]) -> None:
    for container in containers:
        host: dict[str, Any] = container.known["HostConfig"]
        assert host["ReadonlyRootfs"], container.service
        assert host["CapDrop"] == ["ALL"], container.service
        assert host["SecurityOpt"] == ["no-new-privileges:true"], container.service
        assert not host["Privileged"], container.service
        assert 0 < host["Memory"] <= 2 * GIB, container.service
        assert 0 < host["NanoCpus"] <= 2e9, container.service
        assert 0 < host["PidsLimit"] <= 2048, container.service
        assert host["LogConfig"]["Type"] == "local", container.service
        again = host["RestartPolicy"]["Name"]
        assert again in ("", "no") if container.is_step else again == "unless-stopped", container.service


def test_ports_are_open_on_the_loopback_address_only(containers: list[Container]) -> None:
    bound = [
        binding["HostIp"]
        for container in containers
        for bindings in container.known["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    ]
    assert bound == ["127.0.0.1"] * 4


def test_the_kernel_gives_no_process_rights_or_anything_to_write_to(
    deployment: Compose, containers: list[Container]
) -> None:
    running = {container.service for container in containers if not container.is_step}
    assert len(running) >= 6
    for service in running:
        holds_nothing(deployment, service)


def holds_nothing(deployment: Compose, service: str) -> None:
    status = deployment.execute(service, "cat", "/proc/1/status")
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(told["CapEff"], 16) == int(told["CapPrm"], 16) == int(told["CapBnd"], 16) == 0
    assert told["NoNewPrivs"] == "1"
    assert "0" not in told["Uid"].split()
    tried = deployment.execute(service, "sh", "-c", "touch /etc/x /usr/x /opt/x 2>/dev/null; echo $?")
    assert tried.strip() != "0"
    assert deployment.execute(service, "sh", "-c", "ls /etc/x /usr/x /opt/x 2>/dev/null; true") == ""


def test_the_image_has_no_compiler_and_no_installer_and_is_not_root(deployment: Compose) -> None:
    image = deployment.environment["SERVICE_IMAGE"]
    tools = "for tool in cc gcc g++ clang ld as make pip uv git curl wget; do command -v $tool; done; id -u"
    found = docker("run", "--rm", "--network", "none", image, "sh", "-c", tools)
    assert found.split() == ["10001"]
    with pytest.raises(subprocess.CalledProcessError):
        docker("run", "--rm", "--network", "none", image, "python", "-c", "import pip")
