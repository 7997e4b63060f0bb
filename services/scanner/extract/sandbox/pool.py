"""A pool of parser processes: a hostile message costs one process and one reason code."""

import asyncio
import contextlib
import json
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from services.scanner.extract.limits import Limits
from services.scanner.extract.model import MessageReport
from services.scanner.extract.sandbox import frames
from shared.process_limits import minimal_environment

logger = logging.getLogger(__name__)

ParserLimit = Literal["time", "memory", "cpu", "output", "crash"]
ParserResult = tuple[MessageReport, dict[str, bytes]]

RECYCLE_AFTER = 20_000
"""Messages after which a parser process is replaced, so that a leak in a parser stays small;
starting one costs as much as 150 messages."""
START_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parents[3]
_STREAM_BYTES = 1024 * 1024


class ParserKilledError(Exception):
    """A parser process did not survive a message; `limit` says what it exceeded."""

    def __init__(self, limit: ParserLimit) -> None:
        super().__init__(f"the parser process was killed: {limit}")
        self.limit: ParserLimit = limit


class ParserPool:
    """Examines messages in limited parser processes, at most `workers` at the same time."""

    def __init__(self, *, workers: int, limits: Limits) -> None:
        self._workers = [_ParserProcess(limits) for _ in range(workers)]
        self._idle: asyncio.LifoQueue[_ParserProcess] = asyncio.LifoQueue()

    async def start(self) -> None:
        """Start all processes and wait until they can take messages."""
        await asyncio.gather(*(worker.start() for worker in self._workers))
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def close(self) -> None:
        """End all processes."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def examine(self, raws: Sequence[bytes]) -> list[ParserResult | ParserKilledError]:
        """Examine messages one after the other in one process, as `pipeline.examine` does.

        The error takes the place of a message that killed its process; a fresh process continues
        with the next message.
        """
        if not raws:
            return []
        worker = await self._idle.get()
        try:
            results: list[ParserResult | ParserKilledError] = []
            while len(results) < len(raws):
                results += await worker.examine(raws[len(results) :])
            return results
        finally:
            self._idle.put_nowait(worker)


class _ParserProcess:
    """One parser process, replaced when it ends.

    A process whose exchange did not end well is never used again.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: Process | None = None
        self._messages = 0
        self._stderr_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.scanner.extract.sandbox.parser_process",
            json.dumps(asdict(self._limits)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=_STREAM_BYTES,
            # No secret of the scanner's environment is passed on.
            env=minimal_environment(str(_ROOT)),
        )
        self._messages = 0
        self._stderr_task = asyncio.create_task(_log_lines(_reader_of(process.stderr)))
        try:
            async with asyncio.timeout(START_SECONDS):
                await _reader_of(process.stdout).readexactly(len(frames.READY))
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            await self.stop()
            raise ChildProcessError("the parser process did not start") from error

    async def stop(self) -> int | None:
        """Kill the process, if there is one, and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        # Close stdin and wait: an exchange that broke off may have left bytes in the pipes.
        _writer_of(process).close()
        code = await process.wait()
        if self._stderr_task is not None:
            await self._stderr_task
        return code

    async def examine(self, raws: Sequence[bytes]) -> list[ParserResult | ParserKilledError]:
        """Return the results of all messages, or up to the first that the process did not
        survive."""
        if self._process is None or self._messages >= RECYCLE_AFTER:
            await self.stop()
            await self.start()
        results: list[ParserResult | ParserKilledError] = []
        complete = False
        try:
            self._send(raws)
            for _ in raws:
                # The process begins a message when the one before is done: each has its own time
                # limit.
                async with asyncio.timeout(self._limits.seconds):
                    results.append(await self._read_result())
            complete = True
        except TimeoutError:
            results.append(ParserKilledError("time"))
        except (asyncio.IncompleteReadError, ConnectionError):
            results.append(ParserKilledError(await self._exceeded_limit()))
        except frames.InvalidResponseError as error:
            logger.error(
                "A parser process sent an invalid response: %s", error, extra={"event": "parser_response_invalid"}
            )
            results.append(ParserKilledError("crash"))
        except ParserKilledError as killed:
            results.append(killed)
        finally:
            self._messages += len(results)
            if not complete:
                await self.stop()
        return results

    def _send(self, raws: Sequence[bytes]) -> None:
        """Send messages without waiting until they are read: the process may first have to write
        results."""
        writer = _writer_of(self._running())
        for raw in raws:
            writer.write(frames.REQUEST.pack(len(raw)))
            writer.write(raw)

    async def _read_result(self) -> ParserResult:
        reader = _reader_of(self._running().stdout)
        header_bytes, document_bytes = frames.RESPONSE.unpack(await reader.readexactly(frames.RESPONSE.size))
        if header_bytes + document_bytes > self._limits.output_bytes:
            raise ParserKilledError("output")
        body = await reader.readexactly(header_bytes + document_bytes)
        return frames.unpack_response(body[:header_bytes], body[header_bytes:])

    def _running(self) -> Process:
        if self._process is None:
            raise ConnectionError("the parser process is not running")
        return self._process

    async def _exceeded_limit(self) -> ParserLimit:
        """Return which limit a process that ended by itself exceeded."""
        process = self._process
        code = await process.wait() if process is not None else None
        if code == -signal.SIGXCPU:
            return "cpu"
        # The pool has not sent SIGKILL yet, so the kernel has, as it was out of memory.
        if code in (frames.EXIT_MEMORY, -signal.SIGKILL):
            return "memory"
        return "output" if code == frames.EXIT_OUTPUT else "crash"


async def _log_lines(stream: asyncio.StreamReader) -> None:
    async for line in stream:
        text = line.decode("utf-8", "replace").rstrip()[:500]
        logger.warning("Parser process: %s", text, extra={"event": "parser_stderr"})


def _reader_of(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    if stream is None:
        raise RuntimeError("the parser process was started without pipes")
    return stream


def _writer_of(process: Process) -> asyncio.StreamWriter:
    if process.stdin is None:
        raise RuntimeError("the parser process was started without pipes")
    return process.stdin
