"""Logs to standard output: one JSON object per line, or plain lines for a terminal."""

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, TypeAlias

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from shared.observability.tracing import TraceFilter

_NOISY = ("aio_pika", "aiormq", "pymongo", "httpx", "httpcore", "uvicorn.access")


_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _SafeFormatter(logging.Formatter):
    """Formats an exception by its type and traceback, without its text, which may quote mail or a
    secret."""

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 (the interface of logging)
        """Return the frames and types of the exception and of its causes."""
        return "" if ei[1] is None else "".join(_frames(ei[1])).rstrip("\n")


class _SafeJsonFormatter(_SafeFormatter, JsonFormatter):
    """Formats the same as JSON."""


def _frames(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _frames(cause)
        yield "and then\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _frames(inner)


def configure(service: str, *, level: str = "INFO", style: Literal["json", "console"] = "json") -> None:
    """Send the records of every logger to standard output.

    A record has a constant sentence, a stable key `event` and its facts in `extra`.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(TraceFilter())
    if style == "json":
        handler.setFormatter(
            _SafeJsonFormatter(
                "{asctime}{levelname}{name}{message}",
                style="{",
                rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
                static_fields={"service": service},
                reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn's coloured form of its messages
                datefmt="%Y-%m-%dT%H:%M:%S%z",
            )
        )
    else:
        handler.setFormatter(_SafeFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
