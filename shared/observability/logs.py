"""Logs to standard output: one JSON object a line, or plain lines for a terminal."""

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


class _Discreet(logging.Formatter):
    """Shows of an exception where it happened and what kind it is, never its text, which may quote mail or a secret."""

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 (the interface of logging)
        """The frames and types of the exception and of those that it came from."""
        return "" if ei[1] is None else "".join(_frames(ei[1])).rstrip("\n")


class _DiscreetJson(_Discreet, JsonFormatter):
    """The same in JSON."""


def _frames(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _frames(cause)
        yield "and then\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _frames(one)


def configure(service: str, *, level: str = "INFO", style: Literal["json", "console"] = "json") -> None:
    """Send every logger of the process to standard output. Pass facts as `extra`, never inside the sentence."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(TraceFilter())
    if style == "json":
        handler.setFormatter(
            _DiscreetJson(
                "{asctime}{levelname}{name}{message}",
                style="{",
                rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
                static_fields={"service": service},
                reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn's second form of its sentences
                datefmt="%Y-%m-%dT%H:%M:%S%z",
            )
        )
    else:
        handler.setFormatter(_Discreet("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
