"""OpenTelemetry spans of HTTP requests, publishes and handled events.

Off unless OpenTelemetry's own variables name an endpoint; then the packages of `mailtally[otel]`
are imported. Names and attributes follow the semantic conventions for messaging. None holds an
address or text of a mail.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

from shared.errors import SettingsError
from shared.events import Event

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanKind, Tracer

Kind = Literal["server", "producer", "consumer", "internal"]

_SCOPE = "mailtally"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class _State:
    provider: "TracerProvider | None" = None
    tracer: "Tracer | None" = None


def configure(service: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send spans if the environment names an endpoint.

    Raises `SettingsError` if it does and packages are missing.
    """
    endpoint = next((name for name in _ENDPOINTS if environment.get(name)), None)
    if endpoint is None or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError(f"{endpoint} is set, but OpenTelemetry is missing: install mailtally[otel].") from None
    provider = TracerProvider(resource=Resource.create({"service.name": f"mailtally-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    set_provider(provider)


def set_provider(provider: "TracerProvider | None") -> None:
    """Send spans to this provider; None: send none."""
    _State.provider = provider
    _State.tracer = None if provider is None else provider.get_tracer(_SCOPE)


def shutdown() -> None:
    """Send the spans that wait to be sent. Blocks for some seconds at most."""
    if _State.provider is not None:
        _State.provider.shutdown()
        set_provider(None)


def is_on() -> bool:
    """Return whether spans are sent."""
    return _State.tracer is not None


def request_span(method: str, traceparent: str) -> AbstractContextManager[str]:
    """Trace an HTTP request that came with, or began, this trace; yields the trace context for its
    consequences."""
    if _State.tracer is None:
        return nullcontext(traceparent)
    return _span(method, "server", traceparent, {"http.request.method": method})


def publish_span(exchange: str, event: Event[Any]) -> AbstractContextManager[object]:
    """Trace the publishing of an event."""
    if _State.tracer is None:
        return nullcontext()
    routing_key = {"messaging.rabbitmq.destination.routing_key": event.routing_key}
    attributes = _message_attributes("send", exchange, event) | routing_key
    return _span(f"send {exchange}", "producer", event.traceparent or "", attributes)


def process_span(queue: str, event: Event[Any]) -> AbstractContextManager[object]:
    """Trace the handling of an event from a queue."""
    if _State.tracer is None:
        return nullcontext()
    return _span(f"process {queue}", "consumer", event.traceparent or "", _message_attributes("process", queue, event))


def work_span(name: str, traceparent: str | None) -> AbstractContextManager[object]:
    """Trace work that goes on after its message was acknowledged."""
    if _State.tracer is None:
        return nullcontext()
    return _span(name, "internal", traceparent or "", {})


def record_processed(queue: str, events: Iterable[Event[Any]], began_ns: int) -> None:
    """Record a span for each event of a batch that was handled since `began_ns` (Unix time); the
    spans end now."""
    tracer = _State.tracer
    if tracer is None:
        return
    for event in events:
        tracer.start_span(
            f"process {queue}",
            context=_context(event.traceparent or ""),
            kind=_kind("consumer"),
            attributes=_message_attributes("process", queue, event),
            start_time=began_ns,
        ).end()


@contextmanager
def _span(name: str, kind: Kind, traceparent: str, attributes: dict[str, str]) -> Iterator[str]:
    """Record an exception by its type alone: its text may quote mail."""
    from opentelemetry.trace import Status, StatusCode

    assert _State.tracer is not None  # noqa: S101 (every caller checks it)
    span = _State.tracer.start_span(name, context=_context(traceparent), kind=_kind(kind), attributes=attributes)
    own = span.get_span_context()
    try:
        yield f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"
    except BaseException as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()


def _message_attributes(operation: str, destination: str, event: Event[Any]) -> dict[str, str]:
    return {
        "messaging.system": "rabbitmq",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": destination,
        "messaging.message.id": event.id,
        "messaging.message.conversation_id": event.correlationid,
    }


def _context(traceparent: str) -> "Context":
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def _kind(kind: Kind) -> "SpanKind":
    from opentelemetry.trace import SpanKind

    return SpanKind[kind.upper()]
