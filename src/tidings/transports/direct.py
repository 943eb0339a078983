"""Writes to a socket past the event loop's transport, which costs several times what the system call's frame does.

Only where the transport holds nothing, so that the order stays, and where no other thread could take Python's lock
while the system call does without it: to get it back from one that computes takes 5 ms, for each write.
"""

import asyncio
import os
import sys
import threading

# uvicorn's worker has a thread that waits for its supervisor's questions.
_WAITS = "(always_pong)"


def descriptor(transport: asyncio.Transport) -> int | None:
    """The file descriptor that takes bytes as the transport does; None where there is none (TLS, Windows)."""
    sock = transport.get_extra_info("socket")
    if sys.platform == "win32" or sock is None or transport.get_extra_info("sslcontext") is not None:
        return None
    return int(sock.fileno())


def waiting_threads() -> int:
    """How many threads there are that never compute."""
    return sum(thread.name.endswith(_WAITS) for thread in threading.enumerate())


def is_alone(waiting: int) -> bool:
    """Whether no thread beside this one and so many that wait could take Python's lock."""
    return threading.active_count() <= 1 + waiting


def send(descriptor: int, data: bytes) -> bytes:
    """Write what the socket takes at once; returns the rest.

    A broken socket takes nothing: whoever writes the rest learns what is wrong.
    """
    try:
        sent = os.write(descriptor, data)
    except OSError:
        return data
    return b"" if sent == len(data) else data[sent:]
