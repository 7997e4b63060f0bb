"""The pool of parser children: a real message hits each limit, and the next one is read as if nothing had been."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.scanner.extract.limits import MIB, Limits
from services.scanner.extract.pipeline import examine
from services.scanner.extract.sandbox import frames
from services.scanner.extract.sandbox.pool import Answer, ParserKilled, ParserPool
from tests.support.documents import UBL, mail
from tests.support.waiting import SECONDS, patience

_CHILD = "services.scanner.extract.sandbox.child"

ROOT = Path(__file__).parents[3]
GOOD = mail(("a.xml", UBL.encode()))
# The parser of HTML needs a time that grows with the square of the depth.
SLOW = mail(html="<div>" * 60_000 + "Invoice number: 17 Total due $5.00")
LARGE = mail(("a.bin", b"\0" * (30 * MIB)))
PATIENT = Limits(seconds=SECONDS)


def outcomes(answers: Sequence[Answer | ParserKilled]) -> list[str]:
    return [f"killed: {answer.limit}" if isinstance(answer, ParserKilled) else answer[0].outcome for answer in answers]


@asynccontextmanager
async def started(limits: Limits, workers: int = 1) -> AsyncIterator[ParserPool]:
    pool = ParserPool(workers=workers, limits=limits)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def test_answers_come_in_order_however_much_there_is_to_send_and_to_take() -> None:
    many = [mail((f"{n}.xml", UBL.replace("KL-7", f"KL-{n}").encode() + b" " * 300_000)) for n in range(20)]
    async with started(PATIENT) as pool:
        answers = await pool.examine(many)
    numbers = [answer[0].invoices[0].invoice_number for answer in answers if isinstance(answer, tuple)]
    assert numbers == [f"KL-{n}" for n in range(20)]


async def test_a_child_reports_what_the_pipeline_reports() -> None:
    async with started(PATIENT) as pool:
        (answer,) = await pool.examine([GOOD])
    assert isinstance(answer, tuple)
    report, originals = answer
    expected, expected_originals = examine(GOOD, PATIENT)
    assert report.model_copy(update={"documents_seen": ()}) == expected.model_copy(update={"documents_seen": ()})
    assert originals == expected_originals


@pytest.mark.parametrize(
    ("limits", "raw", "limit"),
    [
        (replace(PATIENT, cpu_seconds=1), SLOW, "cpu"),
        (replace(PATIENT, memory_bytes=160 * MIB), LARGE, "memory"),
        (replace(PATIENT, output_bytes=10_000), mail(("a.xml", UBL.encode() + b" " * 20_000)), "output"),
    ],
    ids=["cpu", "memory", "output"],
)
async def test_a_message_over_a_limit_costs_its_child_and_the_next_one_works(
    limits: Limits, raw: bytes, limit: str
) -> None:
    async with started(limits) as pool:
        before, killed, after = await pool.examine([GOOD, raw, GOOD])
        assert isinstance(killed, ParserKilled)
        assert killed.limit == limit
        assert outcomes([before, after]) == ["invoice", "invoice"]


async def test_a_message_that_takes_too_long_costs_its_child_and_the_next_one_works() -> None:
    async with started(replace(PATIENT, seconds=5.0)) as pool:
        examined = asyncio.create_task(pool.examine([SLOW, GOOD]))
        os.kill(await _busy_child(), signal.SIGSTOP)  # however fast the machine is, it does not end in time
        killed, after = await examined
        assert isinstance(killed, ParserKilled)
        assert killed.limit == "time"
        assert outcomes([after]) == ["invoice"]


async def test_a_child_that_is_gone_is_a_crash_or_memory_and_is_replaced() -> None:
    async with started(PATIENT) as pool:
        for sent, limit in ((signal.SIGSEGV, "crash"), (signal.SIGKILL, "memory")):
            await pool.examine([GOOD])
            slow = asyncio.create_task(pool.examine([SLOW]))
            os.kill(await _busy_child(), sent)
            (killed,) = await slow
            assert isinstance(killed, ParserKilled)
            assert killed.limit == limit
        assert outcomes(await pool.examine([GOOD])) == ["invoice"]


async def test_a_cancelled_examination_leaves_no_answer_for_the_next_message() -> None:
    async with started(PATIENT) as pool:
        slow = asyncio.create_task(pool.examine([SLOW, SLOW]))
        await _busy_child()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        (answer,) = await pool.examine([GOOD])
        assert outcomes([answer]) == ["invoice"]
        assert isinstance(answer, tuple)
        assert answer[0].message_id == "<one@harbour.example>"


async def test_many_messages_share_few_children() -> None:
    async with started(PATIENT, workers=2) as pool:
        before = _children()
        answers = await asyncio.gather(*(pool.examine([GOOD, GOOD]) for _ in range(20)))
        assert len(before) == 2
        assert _children() == before
    assert [outcomes(pair) for pair in answers] == [["invoice", "invoice"]] * 20
    assert _children() == set()


async def test_a_child_is_replaced_after_its_share_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.scanner.extract.sandbox.pool.RECYCLE_AFTER", 2)
    async with started(PATIENT) as pool:
        first = _children()
        await pool.examine([GOOD])
        await pool.examine([GOOD])
        assert _children() == first
        await pool.examine([GOOD])
        assert not _children() & first


async def test_a_child_dies_with_its_parent() -> None:
    code = (
        "import asyncio\n"
        "from services.scanner.extract.limits import Limits\n"
        "from services.scanner.extract.sandbox.pool import ParserPool\n"
        "async def main():\n"
        "    pool = ParserPool(workers=1, limits=Limits())\n"
        "    await pool.start()\n"
        "    print('started', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    await parent.stdout.readline()
    (child,) = _children(parent.pid)
    watch = os.pidfd_open(child)
    parent.kill()
    await parent.wait()
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(watch, gone.set)
    async with patience():
        await gone.wait()
    asyncio.get_running_loop().remove_reader(watch)
    os.close(watch)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda _, data: (b"{}", data),
        lambda header, data: (header, data[:-1] + b"x"),
        lambda header, data: (header, data + b"more"),
        lambda header, data: (header.replace(b'"documents":[{', b'"documents":[],"x":[{'), data),
    ],
    ids=["no report", "another document", "too much", "unknown field"],
)
def test_an_answer_that_does_not_fit_together_is_refused(tamper: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> None:
    _, header, *documents = frames.pack_answer(*examine(GOOD, PATIENT))
    data = b"".join(documents)
    frames.unpack_answer(header, data)
    with pytest.raises(frames.BadAnswerError):
        frames.unpack_answer(*tamper(header, data))


_others: set[int] = set()
"""Parser children of this process that scanners of other tests share."""


@pytest.fixture(autouse=True)
def _remember_others() -> None:
    _others.clear()
    _others.update(_children())


def _children(parent: int | None = None) -> set[int]:
    """The running parser children of a process that this test has started."""
    listed = Path(f"/proc/{parent or os.getpid()}/task")
    while True:
        try:
            pids = [pid for task in listed.iterdir() for pid in (task / "children").read_text().split()]
        except FileNotFoundError:
            continue  # a thread has ended meanwhile, and its children are another one's now
        return {int(pid) for pid in pids if _CHILD in _command_line(pid)} - _others


def _command_line(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return ""


async def _busy_child() -> int:
    """The one child, once it has read its message and works: it is runnable, not waiting for its pipe."""
    async with patience():
        while (pid := next(filter(_is_running, _children()), None)) is None:  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0)
    return pid


def _is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
