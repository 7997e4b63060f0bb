"""Use case: render a page of an invoice's PDF as an image, and find given texts on it."""

import asyncio
import contextlib
import json
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.api.http.problems import Problem, not_found
from services.api.invoices.document_reader import StoredFile
from services.api.invoices.page_images.renderer import HEADER, SIZE
from shared.process_limits import minimal_environment

logger = logging.getLogger("mailtally.api.page_images")

_MAX_PROCESSES = 2
_SECONDS = 15.0
_MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
_MAX_IMAGE_BYTES = 32 * 1024 * 1024
_MAX_CACHED_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_ROOT = str(Path(__file__).resolve().parents[3])


@dataclass(frozen=True)
class PageImage:
    """A page as PNG. Boxes of evidence are in points from its top left corner; the page is `width`
    points wide."""

    png: bytes
    pages: int
    width: float
    height: float
    places: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)
    """Boxes of the sought texts that were found: left, top, right and bottom in the same points."""
    sought: Mapping[str, Sequence[str]] = field(default_factory=dict)


class PageImages:
    """Renders pages, a few at a time, each in a process of its own; the latest are cached in
    memory.

    They are never stored, so none stays behind when an account is deleted.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_MAX_PROCESSES)
        self._cache: OrderedDict[tuple[str, int], PageImage] = OrderedDict()
        self._cached_bytes = 0

    async def page(self, file: StoredFile, number: int, sought: Mapping[str, Sequence[str]] | None = None) -> PageImage:
        """Render page `number` of the document, from 1, and find `sought` on it: name -> possible
        spellings.

        Raises `Problem`: 404 for a page that does not exist, 406 for what is no PDF or cannot be
        rendered.
        """
        key = (file.id, number)
        kept = self._cache.get(key)
        if kept is not None and sought in (None, kept.sought):
            self._cache.move_to_end(key)
            return kept
        if file.content_type != "application/pdf" or file.length > _MAX_DOCUMENT_BYTES:
            raise Problem("not_viewable", "Only pages of a PDF can be shown as images.")
        async with self._slots:
            document = b"".join([chunk async for chunk in file.chunks])
            picture = await _render(document, number, sought or {})
        self._keep(key, picture)
        return picture

    def _keep(self, key: tuple[str, int], picture: PageImage) -> None:
        before = self._cache.pop(key, None)
        self._cache[key] = picture
        self._cached_bytes += len(picture.png) - (len(before.png) if before else 0)
        while self._cached_bytes > _MAX_CACHED_BYTES:
            _, oldest = self._cache.popitem(last=False)
            self._cached_bytes -= len(oldest.png)


async def _render(document: bytes, number: int, sought: Mapping[str, Sequence[str]]) -> PageImage:
    query = json.dumps(sought).encode()
    output, code = await _run_renderer(SIZE.pack(len(query)) + query + document, number)
    if code != 0 or not HEADER.size <= len(output) <= _MAX_IMAGE_BYTES:
        logger.warning("page not rendered", extra={"event": "page_not_rendered", "exit_code": code})
        raise Problem("not_viewable", "This document cannot be rendered: it is protected, damaged, or too large.")
    drawn, pages, width, height = HEADER.unpack_from(output)
    if drawn == 0:
        raise not_found()
    begin = HEADER.size + SIZE.size
    picture = begin + SIZE.unpack_from(output, HEADER.size)[0]
    return PageImage(output[picture:], pages, width, height, json.loads(output[begin:picture]), sought)


async def _run_renderer(sent: bytes, number: int) -> tuple[bytes, int | None]:
    """Return the output and the exit code of the process; kill it if it takes too long or writes
    too much."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.api.invoices.page_images.renderer",
        str(number),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=minimal_environment(_ROOT),
    )
    sending = asyncio.create_task(_send(process, sent))
    output = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            while len(output) <= _MAX_IMAGE_BYTES and (chunk := await _stream(process).read(_CHUNK_BYTES)):
                output += chunk
            if len(output) <= _MAX_IMAGE_BYTES:
                await process.wait()
    except TimeoutError:
        logger.warning("page rendering timed out", extra={"event": "page_rendering_timed_out"})
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await process.wait()
    return bytes(output), process.returncode


async def _send(process: asyncio.subprocess.Process, sent: bytes) -> None:
    if process.stdin is None:
        raise RuntimeError("the process was started without pipes")
    with contextlib.suppress(ConnectionError):  # the process ended before it had read all: its exit code says why
        process.stdin.write(sent)
        await process.stdin.drain()
    process.stdin.close()


def _stream(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise RuntimeError("the process was started without pipes")
    return process.stdout
