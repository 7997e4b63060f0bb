"""Benchmark of mail servers: speed of a scan, and the bytes that it reads."""

from bench.imap.run import main

__all__ = ["main"]
