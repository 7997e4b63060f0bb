"""Spans: none without an exporter, and nothing imported for them; with one, all in the trace of the scan."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.errors import SettingsError
from shared.observability import telemetry
from tests.support.events import TRACE, Scan

EVENT = Scan().started()
TRACE_ID = int(TRACE.split("-")[1], 16)
PARENT_ID = int(TRACE.split("-")[2], 16)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry.set_provider(provider)
    yield exporter
    telemetry.shutdown()


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    (span,) = spans.get_finished_spans()
    assert span.context is not None
    assert span.context.trace_id == TRACE_ID
    assert span.parent is not None
    assert span.parent.span_id == PARENT_ID
    return span


def test_a_publish_is_a_producers_span_with_the_conventional_attributes(spans: InMemorySpanExporter) -> None:
    with telemetry.publish_span("mailtally.events", EVENT):
        pass
    span = only(spans)
    assert (span.name, span.kind.name) == ("send mailtally.events", "PRODUCER")
    assert span.attributes == {
        "messaging.system": "rabbitmq",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "mailtally.events",
        "messaging.rabbitmq.destination.routing_key": "scan.started.v1",
        "messaging.message.id": EVENT.id,
        "messaging.message.conversation_id": "task-1",
    }


def test_an_event_that_is_handled_is_a_consumers_span(spans: InMemorySpanExporter) -> None:
    with telemetry.process_span("scanner.scan.requested", EVENT):
        pass
    assert (only(spans).name, only(spans).kind.name) == ("process scanner.scan.requested", "CONSUMER")


def test_events_that_are_written_together_have_a_span_each(spans: InMemorySpanExporter) -> None:
    telemetry.record_processed("status.scan.events", [EVENT, Scan("task-2").started()], began_ns=1)
    found = spans.get_finished_spans()
    assert [span.attributes["messaging.message.conversation_id"] for span in found if span.attributes] == [
        "task-1",
        "task-2",
    ]
    assert {span.start_time for span in found} == {1}


def test_a_request_is_a_servers_span_and_what_follows_is_under_it(spans: InMemorySpanExporter) -> None:
    with telemetry.request_span("POST", TRACE) as traceparent:
        assert traceparent != TRACE
        assert traceparent.split("-")[1] == TRACE.split("-")[1]
    span = only(spans)
    assert span.context is not None
    assert f"{span.context.span_id:016x}" == traceparent.split("-")[2]


def test_an_error_is_noted_by_its_type_alone(spans: InMemorySpanExporter) -> None:
    text = "the text of a mail"
    with pytest.raises(ValueError, match=text), telemetry.work_span("slice", TRACE):
        raise ValueError(text)
    span = only(spans)
    assert span.attributes == {"error.type": "ValueError"}
    assert text not in span.to_json()


def test_without_an_exporter_the_trace_goes_on_and_there_are_no_spans() -> None:
    with telemetry.request_span("GET", TRACE) as traceparent:
        assert traceparent == TRACE
    with telemetry.publish_span("x", EVENT), telemetry.process_span("x", EVENT), telemetry.work_span("x", None):
        pass
    assert not telemetry.is_on()


def test_nothing_of_opentelemetrys_sdk_is_imported_without_an_exporter() -> None:
    code = (
        "import sys, services.api.main, services.scanner.main, services.status.main\n"
        "from shared.observability import telemetry\n"
        "telemetry.configure('api', {})\n"
        "telemetry.configure('api', {'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://x', 'OTEL_SDK_DISABLED': 'true'})\n"
        "sys.exit(any(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_endpoint_without_the_packages_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(SettingsError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT is set, but .*mailtally\[otel\]"):
        telemetry.configure("api", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})


def test_an_endpoint_gets_the_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 (the base class names it so)
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        try:
            telemetry.configure("scanner")
            with telemetry.publish_span("mailtally.events", EVENT):
                pass
        finally:
            telemetry.shutdown()
            server.shutdown()
            serving.join()
    ((path, body),) = received
    assert path == "/v1/traces"
    assert b"send mailtally.events" in body
    assert b"mailtally-scanner" in body
    assert not telemetry.is_on()
