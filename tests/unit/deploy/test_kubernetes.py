"""The manifests are what Kubernetes takes, and say what the services, their settings and their secrets say."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.cluster_secrets import SCALER, secrets_of, with_scaler
from deploy.make_secrets import SERVICE_USER, new_passwords
from deploy.monitoring import rules
from services.api.webhooks import worker as delivering
from services.scanner import main as scanner_main
from services.status import main as status_main
from shared import serving
from shared.access import SERVICES
from shared.messaging.broker import GRACEFUL_SECONDS
from shared.messaging.topology import SCAN_REQUESTED, SLICES
from tests.support.environment_example import listed
from tests.support.kubernetes import OVERLAYS, Manifest, built, of_kind, servers
from tests.support.monitoring import scrape_jobs
from tests.unit.deploy.custom_resources import SPECS

KUBERNETES = ("1.31", "1.34")
"""The oldest and the newest version that the manifests are held against."""
ROOT = Path(__file__).parents[3]
LEASE_SECONDS = 30
URLS = {
    "broker": "http://admin:secret@mailtally-rabbitmq.mailtally-servers.svc:15672",
    "database": "mongodb://administrator:secret@mailtally-mongodb-0.example:27017/?replicaSet=mailtally-mongodb",
}


def pods(overlay: str) -> dict[str, dict[str, Any]]:
    """Component -> pod specification, of every workload."""
    workloads = {**of_kind("Deployment", overlay), **of_kind("Job", overlay)}
    return {name: workload["spec"]["template"]["spec"] for name, workload in workloads.items()}


def containers(overlay: str) -> list[dict[str, Any]]:
    return [
        container
        for pod in pods(overlay).values()
        for container in [*pod.get("initContainers", ()), *pod["containers"]]
    ]


def made_secrets() -> dict[str, dict[str, str]]:
    return secrets_of(with_scaler(new_passwords()), **URLS)


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("version", KUBERNETES)
def test_every_manifest_is_what_its_schema_says(overlay: str, version: str) -> None:
    for manifest in built(overlay):
        if (manifest["apiVersion"], manifest["kind"]) not in SPECS:
            kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize(
    "manifest", [*built("production"), *servers()], ids=lambda manifest: str(manifest["metadata"]["name"])
)
def test_every_custom_resource_is_what_its_operator_takes(manifest: Manifest) -> None:
    schema = SPECS.get((manifest["apiVersion"], manifest["kind"]))
    if schema is not None:
        Draft202012Validator(schema).validate(manifest["spec"])
    else:
        assert "." not in manifest["apiVersion"].partition("/")[0].replace(".k8s.io", ""), "no schema for it"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_process_of_compose_runs_here_too(overlay: str) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    theirs = {" ".join(service["command"]) for service in compose.values() if "python" in service.get("command", [])}
    ours = {" ".join(container["command"]) for container in containers(overlay)}
    assert ours == theirs - {"python -m deploy.make_secrets"}  # here that runs outside: deploy.cluster_secrets


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_pod_has_rights_that_it_does_not_need(overlay: str) -> None:
    for name, pod in pods(overlay).items():
        assert pod["serviceAccountName"] == name
        assert pod["automountServiceAccountToken"] is False
        user = pod["securityContext"]
        assert (user["runAsNonRoot"], user["runAsUser"]) == (True, SERVICE_USER)
        assert user["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(overlay):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_is_probed_kept_available_and_reached(overlay: str) -> None:
    budgets, doors = of_kind("PodDisruptionBudget", overlay), of_kind("Service", overlay)
    deployments = of_kind("Deployment", overlay)
    assert deployments.keys() == budgets.keys() == doors.keys() >= set(SERVICES)
    for name, deployment in deployments.items():
        labels = {"app.kubernetes.io/component": name}
        assert deployment["spec"]["selector"]["matchLabels"] == labels
        assert labels.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
        assert budgets[name]["spec"]["selector"]["matchLabels"] == labels
        assert doors[name]["spec"]["selector"] == labels
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        probes = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
        assert probes == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_stopped_pod_has_the_time_that_its_service_takes(overlay: str) -> None:
    takes = {
        "api": 5 + serving.GRACE_SECONDS + GRACEFUL_SECONDS,
        "webhooks": serving.GRACE_SECONDS + delivering.GRACE_SECONDS + GRACEFUL_SECONDS,
        "scanner": serving.GRACE_SECONDS + scanner_main.DRAIN_S + GRACEFUL_SECONDS + LEASE_SECONDS,
        "status": serving.GRACE_SECONDS + status_main.DRAIN_SECONDS + GRACEFUL_SECONDS,
    }
    given = {name: pod.get("terminationGracePeriodSeconds", 30) for name, pod in pods(overlay).items()}
    assert {name: given[name] > seconds for name, seconds in takes.items()} == dict.fromkeys(takes, True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_setting_exists_and_every_secret_is_made(overlay: str) -> None:
    maps = {name: manifest["data"] for name, manifest in of_kind("ConfigMap", overlay).items()}
    made = made_secrets()
    for pod in pods(overlay).values():
        (container,) = pod["containers"]
        variables = {entry["name"]: entry["value"] for entry in container.get("env", [])}
        for source in container.get("envFrom", []):
            variables |= maps[source["configMapRef"]["name"]]
        assert {name.removesuffix("_FILE") for name in variables} <= listed().keys()
        (mount,) = (mount for mount in container["volumeMounts"] if mount["name"] == "secrets")
        (volume,) = (volume for volume in pod["volumes"] if volume["name"] == "secrets")
        files = {f"{mount['mountPath']}/{key}" for key in made[volume["secret"]["secretName"]]}
        read = {value for name, value in variables.items() if name.endswith("_FILE")}
        assert read <= files
        if read:
            assert files == read, "a secret that nobody reads"


def test_scanners_are_scaled_by_queues_that_exist_with_what_is_in_work_counted() -> None:
    scaled = of_kind("ScaledObject", "production")["scanner"]["spec"]
    assert "replicas" not in of_kind("Deployment", "production")["scanner"]["spec"]
    queues = {trigger["metadata"]["queueName"] for trigger in scaled["triggers"]}
    assert queues == {SLICES, SCAN_REQUESTED}
    (reference,) = of_kind("TriggerAuthentication", "production")["rabbitmq"]["spec"]["secretTargetRef"]
    host = made_secrets()[reference["name"]][reference["key"]]
    assert re.fullmatch(rf"http://{SCALER}:[^@]+@mailtally-rabbitmq\.mailtally-servers\.svc:15672/mailtally", host)


def test_the_api_is_scaled_by_its_load() -> None:
    scaler = of_kind("HorizontalPodAutoscaler", "production")["api"]["spec"]
    assert scaler["scaleTargetRef"]["name"] == "api"
    assert "replicas" not in of_kind("Deployment", "production")["api"]["spec"]
    assert scaler["minReplicas"] > 1


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_network_is_closed_but_for_what_is_named(overlay: str) -> None:
    policies = {name: policy["spec"] for name, policy in of_kind("NetworkPolicy", overlay).items()}
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    entered = [name for name, policy in policies.items() if policy.get("ingress")]
    assert sorted(entered) == ["api-requests", "metrics"]
    private = policies["scanner-mail"]["egress"][0]["to"][0]["ipBlock"]["except"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(private)


def test_prometheus_scrapes_the_jobs_of_the_alerts_and_has_the_same_rules() -> None:
    monitors = of_kind("ServiceMonitor", "production")
    label = monitors["mailtally"]["spec"]["jobLabel"]
    jobs = {service["metadata"]["labels"][label] for service in of_kind("Service", "production").values()}
    endpoints = monitors["rabbitmq"]["spec"]["endpoints"]
    jobs |= {endpoint["relabelings"][0]["replacement"] for endpoint in endpoints}
    scraped = scrape_jobs()
    assert jobs == scraped.keys()
    assert endpoints[1]["path"] == scraped["rabbitmq-queues"]["metrics_path"]
    assert endpoints[1]["params"] == scraped["rabbitmq-queues"]["params"]
    assert rules.FILE.read_text(encoding="utf-8") == rules.text(), "run python -m deploy.monitoring"
