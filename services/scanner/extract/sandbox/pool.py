"""A pool of parser children: a hostile message costs one child and one reason code, never the scanner."""

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

Limit = Literal["time", "memory", "cpu", "output", "crash"]
Answer = tuple[MessageReport, dict[str, bytes]]

RECYCLE_AFTER = 20_000
"""Messages after which a child is replaced, so that a leak in a parser stays small; starting one costs
as much as 150 messages."""
START_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parents[3]
_STREAM_BYTES = 1024 * 1024


class ParserKilled(Exception):
    """A child did not survive a message; `limit` says what it exceeded."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(f"the parser was stopped: {limit}")
        self.limit: Limit = limit


class ParserPool:
    """Examines messages in limited child processes, at most `workers` at the same time."""

    def __init__(self, *, workers: int, limits: Limits) -> None:
        self._workers = [_Worker(limits) for _ in range(workers)]
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()

    async def start(self) -> None:
        """Start all children and wait until they can take messages."""
        await asyncio.gather(*(worker.start() for worker in self._workers))
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def close(self) -> None:
        """End all children."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def examine(self, raws: Sequence[bytes]) -> list[Answer | ParserKilled]:
        """As `pipeline.examine` of each message, in one child, which has the next at hand when it is done with one.

        In the place of a message that cost its child the life stands the reason; a fresh child goes on behind it.
        """
        if not raws:
            return []
        worker = await self._idle.get()
        try:
            answers: list[Answer | ParserKilled] = []
            while len(answers) < len(raws):
                answers += await worker.examine(raws[len(answers) :])
            return answers
        finally:
            self._idle.put_nowait(worker)


class _Worker:
    """One child after another. A child whose exchange did not end well is never used again."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: Process | None = None
        self._messages = 0
        self._errors: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.scanner.extract.sandbox.child",
            json.dumps(asdict(self._limits)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=_STREAM_BYTES,
            # The child needs no secret of the scanner's environment.
            env=minimal_environment(str(_ROOT)),
        )
        self._messages = 0
        self._errors = asyncio.create_task(_log_lines(_stream(process.stderr)))
        try:
            async with asyncio.timeout(START_SECONDS):
                await _stream(process.stdout).readexactly(len(frames.READY))
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            await self.stop()
            raise ChildProcessError("the parser child did not start") from error

    async def stop(self) -> int | None:
        """Kill the child, if there is one, and return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        # Reads what is left and waits: an exchange that broke may have left bytes in the pipes.
        _stream_writer(process).close()
        code = await process.wait()
        if self._errors is not None:
            await self._errors
        return code

    async def examine(self, raws: Sequence[bytes]) -> list[Answer | ParserKilled]:
        """The answers to all messages, or up to the first one that the child did not survive."""
        if self._process is None or self._messages >= RECYCLE_AFTER:
            await self.stop()
            await self.start()
        answers: list[Answer | ParserKilled] = []
        settled = False
        try:
            self._send(raws)
            for _ in raws:
                # The child takes a message up when it has answered the one before: the time limit is each one's own.
                async with asyncio.timeout(self._limits.seconds):
                    answers.append(await self._answer())
            settled = True
        except TimeoutError:
            answers.append(ParserKilled("time"))
        except (asyncio.IncompleteReadError, ConnectionError):
            answers.append(ParserKilled(await self._cause()))
        except frames.BadAnswerError as error:
            logger.error("parser child answered nonsense: %s", error)  # the trace tells no more
            answers.append(ParserKilled("crash"))
        except ParserKilled as killed:
            answers.append(killed)
        finally:
            self._messages += len(answers)
            if not settled:
                await self.stop()
        return answers

    def _send(self, raws: Sequence[bytes]) -> None:
        """Without waiting until the child has read it all: it may first want its answers to be taken."""
        writer = _stream_writer(self._running())
        for raw in raws:
            writer.write(frames.REQUEST.pack(len(raw)))
            writer.write(raw)

    async def _answer(self) -> Answer:
        reader = _stream(self._running().stdout)
        header_bytes, document_bytes = frames.ANSWER.unpack(await reader.readexactly(frames.ANSWER.size))
        if header_bytes + document_bytes > self._limits.output_bytes:
            raise ParserKilled("output")
        body = await reader.readexactly(header_bytes + document_bytes)
        return frames.unpack_answer(body[:header_bytes], body[header_bytes:])

    def _running(self) -> Process:
        if self._process is None:
            raise ConnectionError("the child is gone")
        return self._process

    async def _cause(self) -> Limit:
        """Why a child that ended by itself did so."""
        process = self._process
        code = await process.wait() if process is not None else None
        if code == -signal.SIGXCPU:
            return "cpu"
        # Nobody here sends SIGKILL to a child before this point: it was the kernel, out of memory.
        if code in (frames.EXIT_MEMORY, -signal.SIGKILL):
            return "memory"
        return "output" if code == frames.EXIT_OUTPUT else "crash"


async def _log_lines(stream: asyncio.StreamReader) -> None:
    async for line in stream:
        logger.warning("parser child: %s", line.decode("utf-8", "replace").rstrip()[:500])


def _stream(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    if stream is None:
        raise RuntimeError("the child was started without pipes")
    return stream


def _stream_writer(process: Process) -> asyncio.StreamWriter:
    if process.stdin is None:
        raise RuntimeError("the child was started without pipes")
    return process.stdin
