"""Benchmark of the extraction: accuracy, and speed against pdfplumber's bare text extraction of the
same files.

`./run bench extraction [CORPUS] [--half develop|held-out] [--failures] [--no-yardstick] [--ocr]`
"""

from bench.extraction.run import main

__all__ = ["main"]
