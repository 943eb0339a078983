"""The managers of one machine, as they answer each other: each behind a Unix socket in one private directory.

A scrape reaches one process of those that share a port; this one asks the others. A manager's number in the directory
is the lowest that is free when it starts, so that one which takes the place of another has its number: its counters
begin anew under the same labels, as Prometheus expects of a restart.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tidings.manager import ConnectionManager
from tidings.prometheus.families import GAUGE_TIME, Family, families

log = logging.getLogger("tidings")

DIRECTORY = "TIDINGS_METRICS_DIR"
"""The environment variable that names the directory."""

MOST_NODES = 256
ANSWER_TIME = 2 * GAUGE_TIME
"""Seconds that a manager has to answer another process."""

MOST_BYTES = 4_194_304  # of an answer

Nodes = dict[str, list[Family] | None]
"""What each manager told, by its number; None of one that is there and did not answer."""


def directory() -> Path | None:
    """Where the managers of this machine meet; None where they do not."""
    named = os.environ.get(DIRECTORY)
    return Path(named) if named and hasattr(socket, "AF_UNIX") else None


@asynccontextmanager
async def answering(manager: ConnectionManager, place: Path | None) -> AsyncIterator[None]:
    """Tell the manager's numbers to whoever may use the directory, until the end of the block; nothing where it is
    None.

    Raises RuntimeError where the directory cannot be made, its path is too long for a socket, or too many managers use
    it.
    """
    if place is None:
        yield
        return
    number, lock = _claim(place)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ANSWER_TIME):
                writer.write(msgspec.json.encode(await families(manager)))
                await writer.drain()
        except (ConnectionError, TimeoutError):
            log.debug("who asked for metrics has gone, or does not read", exc_info=True)
        finally:
            writer.close()

    path = place / f"{number}.sock"
    try:
        path.unlink(missing_ok=True)  # of a process that was killed
        async with await asyncio.start_unix_server(answer, path):
            yield
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def _claim(place: Path) -> tuple[int, int]:
    """The lowest number that no living process has, and the file whose lock keeps it."""
    import fcntl

    if len(os.fsencode(place)) > 90:  # sun_path has 108 bytes (unix(7))
        raise RuntimeError(f"{DIRECTORY}={place} is too long for the path of a socket: at most 90 bytes")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise RuntimeError(
            f"{DIRECTORY}={place} cannot be made: {error.strerror}; name a directory that this user may write to"
        ) from error
    for number in range(1, MOST_NODES + 1):
        lock = os.open(place / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return number, lock
    raise RuntimeError(f"{DIRECTORY}={place} is used by {MOST_NODES} managers already")


async def gathered(place: Path) -> Nodes:
    """What the managers in the directory tell, within ANSWER_TIME."""
    paths = _sockets(place)
    answers = await asyncio.gather(*map(_ask, paths))
    return {path.stem: answer for path, answer in zip(paths, answers, strict=True) if answer is not _GONE}


def _sockets(place: Path) -> list[Path]:
    return sorted(place.glob("*.sock"), key=lambda path: (len(path.stem), path.stem))[:MOST_NODES]


_GONE: list[Family] = []


async def _ask(path: Path) -> list[Family] | None:
    try:
        async with asyncio.timeout(ANSWER_TIME):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                return msgspec.json.decode(await _read(reader), type=list[Family])
            finally:
                writer.close()
    except (FileNotFoundError, ConnectionRefusedError):  # it was killed, and nobody has taken its place
        return _GONE
    except (OSError, TimeoutError, msgspec.MsgspecError) as error:
        log.warning("the manager %s of this machine does not tell its numbers: %s", path.stem, type(error).__name__)
        return None


async def _read(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := await reader.read(65_536):
        size += len(part)
        if size > MOST_BYTES:
            raise msgspec.ValidationError("the answer is too long")
        parts.append(part)
    return b"".join(parts)
