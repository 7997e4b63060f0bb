"""The life of a service process, from outside."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.waiting import SECONDS

_SERVICE = """
import os, signal
from starlette.applications import Starlette
from shared import serving
from shared.settings import ServiceSettings

def build(settings, supervisor):
    os.kill(os.getpid(), signal.{number})
    return Starlette()

serving.run("test", ServiceSettings, build)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_while_a_service_is_being_wired_ends_it_in_order(number: signal.Signals) -> None:
    settings = {"MAILTALLY_AMQP_URL": "amqp://nowhere", "MAILTALLY_MONGO_URL": "mongodb://nowhere"}
    ended = subprocess.run(
        [sys.executable, "-c", _SERVICE.format(number=number.name)],
        env={**os.environ, **settings, "MAILTALLY_HTTP_PORT": "0", "PYTHONPATH": "."},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
