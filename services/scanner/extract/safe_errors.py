"""Descriptions of exceptions that quote nothing: a message or traceback may hold text of the
mail."""

from pathlib import Path


def describe(error: BaseException) -> str:
    """Return class and place of an exception, safe for a log."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
