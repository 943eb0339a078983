"""Keeps the secret part of calendar links out of the servers' logs, which name each request's path."""

import functools
import logging
import re

_SECRET = re.compile(r"(?i)(?<!/api)(/calendar(?:/|%2f)+)[^/\s?\"']+")

_LOGGERS = ("uvicorn.access", "uvicorn.error", "hypercorn.access", "gunicorn.access", "granian.access")


def redacted(text: str) -> str:
    """The text without the secret parts of calendar links."""
    return _SECRET.sub(r"\1…", text)


@functools.cache
def guard_logs() -> None:
    """Filter what the servers that we run on log. Once is enough: to configure logging anew leaves filters in place."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_clean)


def _clean(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):  # which uvicorn's formatter takes apart
        record.args = tuple(redacted(each) if isinstance(each, str) else each for each in record.args)
    message = record.getMessage()
    clean = redacted(message)
    if clean != message:
        record.msg, record.args = clean, ()
    return True
