"""What servers log of our connections: no tokens, no traceback for a client's bad input, one line for each connection,
none for each probe that found all well.

Servers log requests as they came, and `websockets` logs frames at DEBUG and every opening and closing at INFO. A filter
on their loggers looks at records before any handler does.
"""

import functools
import logging
import re
from http import HTTPStatus

from websockets.frames import Frame

_SECRETS = (
    re.compile(r"""((?:^|[?&\s'"])token=)[^&\s'"]+"""),  # of a URL or its query string
    re.compile(r"""(["']token\\?["']\s*:\s*\\?["'])[^"'\\]+"""),  # of JSON, also of its repr
    re.compile(r"(?im)^([<>] (?:authorization|cookie|set-cookie|sec-websocket-protocol): ).+"),
)

_MAY_HOLD_SECRETS = re.compile("(?i)token|authorization|cookie|protocol")

_REPEATING = {"connection open", "connection closed", "connection rejected (%d %s)"}  # what the server's own line says

_PROBES = {"/healthz", "/readyz"}

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
    if not _MAY_HOLD_SECRETS.search(text):
        return text
    for secret in _SECRETS:
        text = secret.sub(r"\1…", text)
    return text


@functools.cache
def guard_logs() -> None:
    """Filter what the servers that we run on log. Once is enough: to configure logging anew leaves filters in place."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_pass)


def _pass(record: logging.LogRecord) -> bool:
    """Whether the record is kept; what it must not show is taken out of it."""
    if record.msg in _REPEATING or _is_sound_probe(record):
        return False
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        record.exc_info = None
    if isinstance(record.args, tuple):
        record.args = tuple(_summary(argument) for argument in record.args)
    if record.name != "uvicorn.access":  # whose formatter takes the arguments apart
        message = record.getMessage()
        clean = redacted(message)
        if clean != message:
            record.msg, record.args = clean, ()
    return True


def _is_sound_probe(record: logging.LogRecord) -> bool:
    """Whether this says, in uvicorn's form, that a supervisor or a balancer asked and was content: it asks for ever."""
    if record.name != "uvicorn.access" or not isinstance(record.args, tuple):
        return False
    _, _, path, _, status = record.args
    return path in _PROBES and status == HTTPStatus.OK


def _summary(argument: object) -> object:
    if isinstance(argument, Frame):
        return f"{argument.opcode.name} [{len(argument.data)} bytes]"
    return redacted(argument) if isinstance(argument, str) else argument
