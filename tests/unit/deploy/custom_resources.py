"""JSON Schemas of the custom resources that are used, as far as they are used: a name that is not here is a mistake.

After the operators' own definitions: KEDA 2.16, prometheus-operator 0.80, RabbitMQ cluster operator 2.12, MongoDB
community operator 0.12.
"""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
ANYTHING: Schema = {"type": "object"}
SECONDS: Schema = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}
TEXTS: Schema = {"type": "array", "items": TEXT}


def record(required: str, **fields: Schema) -> Schema:
    """An object with these fields and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": required.split(),
        "additionalProperties": False,
    }


def some(items: Schema) -> Schema:
    """A list that is not empty."""
    return {"type": "array", "items": items, "minItems": 1}


SELECTOR = record("", matchLabels=LABELS, matchExpressions=some(ANYTHING))
RELABELING = record("", sourceLabels=TEXTS, targetLabel=TEXT, replacement=TEXT, regex=TEXT, action=TEXT)

_QUEUE = record(
    "protocol queueName mode value excludeUnacknowledged",
    protocol={"enum": ["http"]},
    queueName=TEXT,
    mode={"enum": ["QueueLength"]},
    value={"type": "string", "pattern": r"^\d+$"},
    # The scaler's default; written down as it is the point of asking over HTTP.
    excludeUnacknowledged={"enum": ["false"]},
)

SPECS: dict[tuple[str, str], Schema] = {
    ("keda.sh/v1alpha1", "TriggerAuthentication"): record(
        "secretTargetRef",
        secretTargetRef=some(record("parameter name key", parameter={"enum": ["host"]}, name=TEXT, key=TEXT)),
    ),
    ("keda.sh/v1alpha1", "ScaledObject"): record(
        "scaleTargetRef triggers",
        scaleTargetRef=record("name", name=TEXT),
        minReplicaCount=NUMBER,
        maxReplicaCount=NUMBER,
        pollingInterval=NUMBER,
        cooldownPeriod=NUMBER,
        fallback=record("failureThreshold replicas", failureThreshold=NUMBER, replicas=NUMBER),
        advanced=record("", horizontalPodAutoscalerConfig=record("", behavior=ANYTHING)),
        triggers=some(
            record(
                "type metadata authenticationRef",
                type={"enum": ["rabbitmq"]},
                metadata=_QUEUE,
                authenticationRef=record("name", name=TEXT),
            )
        ),
    ),
    ("monitoring.coreos.com/v1", "ServiceMonitor"): record(
        "selector endpoints",
        jobLabel=TEXT,
        namespaceSelector=record("matchNames", matchNames=TEXTS),
        selector=SELECTOR,
        endpoints=some(
            record(
                "port",
                port=TEXT,
                path=TEXT,
                interval=SECONDS,
                params={"type": "object", "additionalProperties": TEXTS},
                relabelings=some(RELABELING),
                metricRelabelings=some(RELABELING),
            )
        ),
    ),
    ("monitoring.coreos.com/v1", "PrometheusRule"): record(
        "groups",
        groups=some(
            record(
                "name rules",
                name=TEXT,
                rules=some(
                    {
                        "type": "object",
                        "properties": {
                            "record": TEXT,
                            "alert": TEXT,
                            "expr": TEXT,
                            "for": SECONDS,
                            "labels": LABELS,
                            "annotations": LABELS,
                        },
                        "required": ["expr"],
                        "additionalProperties": False,
                    }
                ),
            )
        ),
    ),
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"): record(
        "replicas",
        replicas={"type": "integer", "not": {"multipleOf": 2}},
        image=TEXT,
        resources=ANYTHING,
        persistence=record("storage", storage=TEXT, storageClassName=TEXT),
        affinity=ANYTHING,
        terminationGracePeriodSeconds=NUMBER,
        rabbitmq=record("", additionalPlugins=TEXTS, additionalConfig=TEXT),
    ),
    ("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity"): record(
        "members type version security users",
        members={"type": "integer", "not": {"multipleOf": 2}},
        type={"enum": ["ReplicaSet"]},
        version={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        security=record("authentication", authentication=record("modes", modes=TEXTS)),
        users=some(
            record(
                "name db passwordSecretRef roles scramCredentialsSecretName",
                name=TEXT,
                db=TEXT,
                passwordSecretRef=record("name", name=TEXT, key=TEXT),
                roles=some(record("name db", name=TEXT, db=TEXT)),
                scramCredentialsSecretName=TEXT,
            )
        ),
        additionalMongodConfig=ANYTHING,
        statefulSet=record("spec", spec=ANYTHING),
    ),
}
"""(apiVersion, kind) -> schema of `spec`."""
