"""Other processes that serve the same address: workers that another program than `tidings serve` has spawned.

Linux only (proc(5)); elsewhere nobody is found.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

_LOOK_AGAIN = 1.0  # seconds

_PROCESSES = Path("/proc")


_TABLES = ("tcp", "tcp6")
_LISTENING = "0A"  # TCP_LISTEN, in those tables


class Siblings:
    """Finds children of this process's parent that have one of the sockets open on which this process listens, and
    whoever listens at the same address on a socket of its own (SO_REUSEPORT).

    That is how servers share an address between workers. A supervisor and its only child, test processes, and other
    applications of one parent have no such socket in common; nor has a worker that no longer accepts.
    """

    def __init__(self) -> None:
        self._found: list[int] = []
        self._looked_at = float("-inf")
        self._listening: frozenset[str] = frozenset()
        self._strangers: set[int] = set()  # what a process has not inherited it never gets

    def find(self, now: float) -> list[int]:
        """Their process ids, as of the last second before `now` (seconds, monotonic)."""
        if now - self._looked_at >= _LOOK_AGAIN:
            self._looked_at, self._found = now, self._look()
        return self._found

    def _look(self) -> list[int]:
        self._listening = self._listening or frozenset(_listening())
        if not self._listening:
            return []
        others = [pid for pid in _children(os.getppid()) if pid != os.getpid()]
        self._strangers.intersection_update(others)
        found = [pid for pid in others if pid not in self._strangers and self._shares(pid)]
        self._strangers.update(set(others).difference(found))
        return sorted({*found, *self._beside()})

    def _beside(self) -> list[int]:
        addresses = {address for address, name in _listeners() if name in self._listening}
        others = {name for address, name in _listeners() if address in addresses} - self._listening
        if not others or others <= set(_sockets(os.getpid()).values()):
            return []
        known = {os.getpid(), os.getppid()}  # a supervisor may have made the sockets of its workers
        return [pid for pid in _processes() if pid not in known and not others.isdisjoint(_sockets(pid).values())]

    def _shares(self, pid: int) -> bool:
        return not self._listening.isdisjoint(_sockets(pid).values())


def _sockets(pid: int) -> dict[int, str]:
    """The sockets of a process: what they are called, by file descriptor. None where we may not look."""
    found: dict[int, str] = {}
    with contextlib.suppress(OSError):
        for entry in os.scandir(_PROCESSES / str(pid) / "fd"):
            with contextlib.suppress(OSError):  # it was closed meanwhile
                target = os.readlink(entry.path)  # noqa: PTH115  # there may be tens of thousands
                if target.startswith("socket:"):
                    found[int(entry.name)] = target
    return found


def _listening() -> list[str]:
    """Our own sockets that listen, or will: those of a worker are bound before it starts."""
    return [name for descriptor, name in _sockets(os.getpid()).items() if _awaits_connections(descriptor)]


def _awaits_connections(descriptor: int) -> bool:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as sock:
        if sock.type != socket.SOCK_STREAM:
            return False
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return True
        return sock.family in {socket.AF_INET, socket.AF_INET6} and bool(sock.getsockname()[1]) and not _peer(sock)
    return False


def _peer(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def _listeners() -> Iterator[tuple[str, str]]:
    """Address and name of each TCP socket here that listens. The kernel lists them before all connections."""
    for table in _TABLES:
        with contextlib.suppress(OSError), (_PROCESSES / "net" / table).open() as lines:
            next(lines)
            for fields in map(str.split, lines):
                if fields[3] != _LISTENING:
                    break
                yield fields[1], f"socket:[{fields[9]}]"


def _processes() -> list[int]:
    return [int(entry.name) for entry in os.scandir(_PROCESSES) if entry.name.isdigit()]


def _children(pid: int) -> list[int]:
    """The children of a process; none where we may not look, or it is of another namespace."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in (_PROCESSES / str(pid) / "task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found
