"""The benchmark: the same mailbox on a mail server, as an upload, and fetched whole by a library
that does nothing else."""

import argparse
import asyncio
import json
import os
import subprocess
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path
from typing import Any

from bench.imap.link import link
from bench.record import record
from bench.scan.mailboxes import Mailbox
from bench.scan.product import Scan, product
from bench.servers import Bench, bench_servers
from bench.yardstick import python_with
from services.scanner.sources.mbox import MboxSplitter
from tests.support.dovecot import HOST, Dovecot, MailServer

_PACKAGES = ("imap-tools",)
_PROGRAM = Path(__file__).with_name("fetch_all.py")
_USER, _PASSWORD = "bench", "bench"
_DOCUMENT = ("pdf", "xml", "zip", "octet-stream")
_BYTES_A_MESSAGE = 3_000
_SHARE_OF_DOCUMENTS = 1.25


def main(argv: Sequence[str]) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="./run bench imap", description=__doc__)
    given = os.environ.get("MAILTALLY_BENCH_CORPUS")
    parser.add_argument(
        "corpus",
        nargs="?",
        type=Path,
        default=Path(given) if given else None,
        help="folder with mailbox-*.mbox (or MAILTALLY_BENCH_CORPUS); without it the project's own samples",
    )
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--fetched", type=int, default=2_000, help="messages that the library fetches of them")
    parser.add_argument("--round-trip-ms", type=float, default=20.0, help="how far away the mail server also is")
    parser.add_argument("--scanners", type=int, default=2)
    asyncio.run(_measure(parser.parse_args(argv)))


async def _measure(given: argparse.Namespace) -> None:
    figures: dict[str, float] = {}
    dovecot = Dovecot(print, password=_PASSWORD)
    try:
        async with bench_servers("imap") as bench:
            server = dovecot.start()
            mailbox = Mailbox.of(given.corpus, bench.layout.local / "samples")
            path = bench.layout.local / "mailbox.mbox"
            mailbox.write_repeated(given.messages, path)
            messages = _distinct(path)
            server.deliver(_USER, messages)
            bound = _bound(messages)
            figures |= await _fetched_whole(server, given)
            figures |= await _scanned(bench, server, path, given)
    finally:
        dovecot.stop()
    ratios = {
        "fetch_all": figures["messages_per_second_far"] / figures["fetch_all_messages_per_second_far"],
        "fetch_all_near": figures["messages_per_second"] / figures["fetch_all_messages_per_second"],
        "bytes_share": figures["bytes_fetched"] / bound,
        "second_bytes_share": figures["second_bytes_fetched"] / figures["bytes_fetched"],
        "upload": figures["messages_per_second"] / figures["upload_messages_per_second"],
    }
    record("imap", {**figures, "bytes_allowed": bound}, ratios)


async def _scanned(bench: Bench, server: MailServer, path: Path, given: argparse.Namespace) -> dict[str, float]:
    """Scan with the product: the upload, the mail server without delay, again, and the mail server
    with delay."""
    authority = bench.layout.local / "authority.pem"
    authority.write_text(server.authority, encoding="ascii")
    async with link(server.tls_port, round_trip_s=given.round_trip_ms / 1000) as far_port:
        settings = {
            "MAILTALLY_ALLOW_PRIVATE_MAIL_HOSTS": "true",
            "MAILTALLY_MAIL_PORTS": f"{server.tls_port},{far_port}",
            "MAILTALLY_MAIL_CA_FILE": str(authority),
        }
        async with product(bench, scanners=given.scanners, settings=settings) as running:
            upload = await running.scan(await running.upload(path))
            _print_scan("upload", upload)
            near = await running.mail_account(_source(server.tls_port))
            first = await running.scan_account(*near)
            _print_scan("mail server", first)
            second = await running.scan_account(*near)
            _print_scan("mail server, again", second)
            far = await running.scan_account(*await running.mail_account(_source(far_port)))
            _print_scan("mail server, far away", far)
    _compare(upload, first, far, second)
    return {
        "upload_messages_per_second": upload.messages_per_second,
        "upload_bytes": upload.task["result"]["bytes_fetched"],
        "messages_per_second": first.messages_per_second,
        "messages_per_second_far": far.messages_per_second,
        "bytes_fetched": first.task["result"]["bytes_fetched"],
        "second_bytes_fetched": second.task["result"]["bytes_fetched"],
        "second_seconds": second.seconds,
        "invoices": first.task["result"]["invoices"],
    }


async def _fetched_whole(server: MailServer, given: argparse.Namespace) -> dict[str, float]:
    """Fetch with the library: message by message, which is its default, and in bulk."""
    figures: dict[str, float] = {}
    async with link(server.tls_port, round_trip_s=given.round_trip_ms / 1000) as far_port:
        for name, port, mode in (
            ("fetch_all", server.tls_port, "ONE"),
            ("fetch_all_bulk", server.tls_port, "BULK"),
        ):
            for distance, at in (("", port), ("_far", far_port)):
                output = await asyncio.to_thread(_fetch_all, server, at, mode, given.fetched)
                figures[f"{name}_messages_per_second{distance}"] = output["messages"] / output["seconds"]
                figures[f"{name}_bytes_a_message"] = output["octets"] / output["messages"]
                print(f"{name}{distance}: {output['messages']} messages in {output['seconds']:.2f} s", flush=True)
    return figures


def _fetch_all(server: MailServer, port: int, mode: str, messages: int) -> dict[str, Any]:
    authority = Path(server.folder) / "ca" / "authority.pem"
    python = str(python_with("imap", _PACKAGES))
    command = [python, str(_PROGRAM), HOST, str(port), str(authority), _USER, _PASSWORD, mode]
    done = subprocess.run([*command, str(messages)], check=True, capture_output=True, text=True)
    output: dict[str, Any] = json.loads(done.stdout)
    return output


def _source(port: int) -> dict[str, Any]:
    return {
        "kind": "imap",
        "host": HOST,
        "port": port,
        "security": "tls",
        "username": _USER,
        "auth": "password",
        "password": _PASSWORD,
    }


def _distinct(path: Path) -> list[bytes]:
    """Return the messages of an mbox, each copy under a Message-ID of its own: a server has every
    message once."""
    splitter = MboxSplitter(limit=1 << 30)
    messages = [message.raw or b"" for message in (*splitter.feed(path.read_bytes()), *splitter.finish())]
    return [
        b"Message-ID: <%d@bench.example>\n" % number + message.replace(b"\nMessage-ID:", b"\nX-Message-ID:", 1)
        for number, message in enumerate(messages)
    ]


def _bound(messages: Sequence[bytes]) -> float:
    """Return how many bytes the documents of a mailbox may take."""
    documents = 0
    seen: dict[int, int] = {}
    for message in messages:
        key = hash(message.partition(b"\n")[2])
        if key not in seen:
            seen[key] = sum(
                len(part.get_payload())
                for part in message_from_bytes(message).walk()
                if not part.is_multipart() and part.get_content_type().partition("/")[2].endswith(_DOCUMENT)
            )
        documents += seen[key]
    return _SHARE_OF_DOCUMENTS * documents + _BYTES_A_MESSAGE * len(messages)


def _compare(upload: Scan, *others: Scan) -> None:
    """Check that all scans find the same: one that finds less is not faster."""
    first, far, second = (scan.task["result"] for scan in others)
    if not upload.task["result"]["invoices"] == first["invoices"] == far["invoices"]:
        raise RuntimeError("the mail server's scan does not find the invoices of the upload's")
    if second["scanned"] or second["invoices"]:
        raise RuntimeError("the second scan has read messages again")


def _print_scan(name: str, scan: Scan) -> None:
    result = scan.task["result"]
    print(
        f"{name}: {scan.seconds:.2f} s, {result['scanned']} of {result['messages']} messages read,"
        f" {result['bytes_fetched'] / 1e6:.1f} MB, {result['invoices']} invoices",
        flush=True,
    )
