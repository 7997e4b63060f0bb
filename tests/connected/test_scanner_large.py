"""Very large mailboxes: what a scanner holds of them, and what a run keeps."""

from collections.abc import AsyncIterator

import bson
import pytest

from services.scanner.runs.model import PLAN, Counters, Unit
from services.scanner.slices import MAX_SLICES, Listed, SlicePlanner
from tests.support.run_documents import run_documents
from tests.support.scanner_process import megabytes, scanner_process
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost

MEGABYTE = 1_000_000
ATTACHED = (
    b"From: a@b.example\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: image/jpeg\n"
    b"Content-Transfer-Encoding: base64\n\n" + (b"/9j/" + b"A" * 72 + b"\n") * 26_000 + b"--bb--\n"
)
"""A message of 2 MB, as a mailbox with pictures has many."""


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def test_a_mailbox_of_200_megabytes_is_scanned_in_a_small_part_of_that(stage: Stage) -> None:
    a_hundred = an_mbox([ATTACHED] * 100)
    assert len(a_hundred) > 200 * MEGABYTE
    small = await stage.account(an_mbox([a_message(n) for n in range(20)]))
    large = await stage.account(a_hundred, chunk_bytes=255 * 1024)
    async with scanner_process(stage, slice_messages=20) as process:
        await stage.said.until_key(await stage.request(small), "scan.completed.v1")
        warm = megabytes(process, "VmRSS")
        completed = await stage.said.until_key(await stage.request(large), "scan.completed.v1")
        grown = megabytes(process, "VmHWM") - warm
    assert completed.data.result.scanned == 100
    assert grown < 100


async def test_the_run_of_the_most_slices_is_a_document_of_less_than_a_megabyte(database: TestDatabase) -> None:
    cutter = SlicePlanner(size=200)
    for uid in range(1, 200 * MAX_SLICES + 1):
        cutter.add(Listed("", 1_772_000_000_000, uid, uid * 20_000))
    async with run_documents(database.url("scanner"), database.name) as runs:
        await runs.planning("t")
        plan = await runs.claimed("t", PLAN)
        await runs.completion.complete_plan(plan, cutter.slices, messages=400_000, skipped=0, estimated_s=1.0)
        claim = await runs.claimed("t", Unit(0))
        await runs.leases.record_progress(claim, Counters(scanned=1))
        standing = await runs.completion.slices_left(claim)
        assert standing is not None
        await runs.completion.complete_slice(claim, Counters(scanned=200, bytes_fetched=4_000_000), standing)
        run = await runs.get("t")
    untouched = len(bson.encode(run))
    finished = len(bson.encode(run["slices"]["0"])) - len(bson.encode(run["slices"]["1999"]))
    assert len(run["slices"]) == MAX_SLICES
    assert untouched + MAX_SLICES * finished < MEGABYTE
