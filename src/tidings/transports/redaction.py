"""Keeps tokens out of logs: those of URLs (`?token=`), of `auth` messages, and of headers that carry credentials.

Servers log requests as they came, and `websockets` logs frames at DEBUG. A filter on their loggers rewrites such
records before any handler sees them.
"""

import functools
import logging
import re

from websockets.frames import Frame

_SECRETS = (
    re.compile(r"""((?:^|[?&\s'"])token=)[^&\s'"]+"""),  # of a URL or its query string
    re.compile(r"""(["']token\\?["']\s*:\s*\\?["'])[^"'\\]+"""),  # of JSON, also of its repr
    re.compile(r"(?im)^([<>] (?:authorization|cookie|set-cookie|sec-websocket-protocol): ).+"),
)

_LOGGERS = (
    "uvicorn.error",
    "uvicorn.access",
    "uvicorn.asgi",
    "hypercorn.error",
    "hypercorn.access",
    "gunicorn.error",
    "gunicorn.access",
    "_granian",
    "granian.access",
    "websockets.server",
)


def redacted(text: str) -> str:
    """The text without the tokens in it."""
    for secret in _SECRETS:
        text = secret.sub(r"\1…", text)
    return text


@functools.cache
def redact_logs() -> None:
    """Filter what the servers that we run on log. Once is enough: to configure logging anew leaves filters in place."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_redact)


def _redact(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(_summary(argument) for argument in record.args)
    if record.name == "uvicorn.access":
        return True  # its formatter takes the arguments apart
    message = record.getMessage()
    clean = redacted(message)
    if clean != message:
        record.msg, record.args = clean, ()
    return True


def _summary(argument: object) -> object:
    if isinstance(argument, Frame):
        return f"{argument.opcode.name} [{len(argument.data)} bytes]"
    return redacted(argument) if isinstance(argument, str) else argument
