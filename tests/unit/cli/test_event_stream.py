"""What is shown of an event of the stream, whoever wrote it."""

import pytest

from cli.client.event_stream import Record


@pytest.mark.parametrize(("event", "shown"), [({"subject": "a task"}, "a task"), ({"subject": None}, "-"), ({}, "-")])
def test_an_event_is_shown_also_if_it_does_not_say_whom_it_is_about(event: dict[str, str | None], shown: str) -> None:
    assert Record(7, "scan.started.v1", event).subject == shown
