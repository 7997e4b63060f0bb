"""Logs to standard output: one JSON object a line, or plain lines for a terminal."""

import logging
import sys
from typing import Literal

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from shared.tracing import TraceFilter

_NOISY = ("aio_pika", "aiormq", "pymongo", "httpx", "httpcore", "uvicorn.access")


def configure(service: str, *, level: str = "INFO", style: Literal["json", "console"] = "json") -> None:
    """Send every logger of the process to standard output. Pass facts as `extra`, never inside the sentence."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(TraceFilter())
    if style == "json":
        handler.setFormatter(
            JsonFormatter(
                "{asctime}{levelname}{name}{message}",
                style="{",
                rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
                static_fields={"service": service},
                reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn's second form of its sentences
                datefmt="%Y-%m-%dT%H:%M:%S%z",
            )
        )
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
