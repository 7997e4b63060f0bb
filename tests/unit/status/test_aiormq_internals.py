"""The private parts of aiormq that `services/status/consumer/channel.py` overrides and calls are as they were read."""

import hashlib
import inspect
import tomllib
from collections.abc import Callable
from importlib.metadata import version

import aiormq
import pytest

from services.status.consumer.channel import CallbackChannel
from tests.support.programs import ROOT

_OVERRIDDEN = "_on_deliver_frame"
_READ_VERSION = "7.2.4"
_READ_SOURCES = {
    "_on_deliver_frame": "3cb7bf324f3af08d",
    "_get_frame": "8309963cc284ea5f",
    "_read_content": "0fc20efc56f8c5f6",
    "__init__": "884f16c5d3f72efc",
}
"""The first 16 digits of the SHA-256 of each method's source, from the version above."""


def _digest(name: str) -> str:
    return hashlib.sha256(inspect.getsource(getattr(aiormq.Channel, name)).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", sorted(_READ_SOURCES))
def test_the_methods_that_are_overridden_or_called_have_not_changed(name: str) -> None:
    assert _digest(name) == _READ_SOURCES[name], (
        f"aiormq {version('aiormq')} has another Channel.{name} than {_READ_VERSION}: compare both, adapt "
        "CallbackChannel in services/status/consumer/channel.py if need be, then enter the new version and digest here."
    )


def test_the_override_has_the_signature_of_the_method_that_the_library_calls() -> None:
    overridden, own = (inspect.getattr_static(channel, _OVERRIDDEN) for channel in (aiormq.Channel, CallbackChannel))
    assert _called(own) == _called(overridden), (
        "aiormq calls Channel._on_deliver_frame in another way than CallbackChannel takes it: no message would be "
        "handled. Adapt services/status/consumer/channel.py."
    )


def _called(method: Callable[..., object]) -> tuple[bool, list[str]]:
    return inspect.iscoroutinefunction(method), list(inspect.signature(method).parameters)


def test_the_library_still_calls_the_method_that_is_overridden() -> None:
    callers = inspect.getsource(aiormq.Channel).count(_OVERRIDDEN)
    assert callers >= 2, (
        "nothing in aiormq.Channel uses _on_deliver_frame any more: CallbackChannel would receive no messages. "
        "Find what handles Basic.Deliver now and override that in services/status/consumer/channel.py."
    )


def test_the_version_that_was_read_is_pinned() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert f"aiormq=={_READ_VERSION}" in pyproject["project"]["dependencies"], (
        "pyproject.toml must pin the aiormq version whose private methods were read (here: _READ_VERSION), because "
        "services/status/consumer/channel.py overrides one of them."
    )
