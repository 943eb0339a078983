"""Log records as JSON, one object a line."""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

_NOT_SAID = frozenset({*logging.makeLogRecord({}).__dict__, "message", "asctime", "color_message", "taskName"})

_ACCESS = ("client", "method", "path", "http_version", "status")  # the arguments of uvicorn's access log


class JsonLines(logging.Formatter):
    """Writes `time` (UTC), `level`, `logger`, `message`, what the record has beside these, and an `exception` with its
    traceback."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.name == "uvicorn.access" and isinstance(record.args, tuple):
            document |= zip(_ACCESS, record.args, strict=False)
        document |= {name: value for name, value in record.__dict__.items() if name not in _NOT_SAID}
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(document, enc_hook=str).decode()
