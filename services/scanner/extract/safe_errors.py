"""Describes an exception without quoting what it was raised for: a message or traceback may hold text of the mail."""

from pathlib import Path


def describe(error: BaseException) -> str:
    """Class and place of an exception, fit for a log."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
