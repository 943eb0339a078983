"""Readers of one channel who look at the time of every event.

`python -m torture.crowd.readers PORT FIRST COUNT` is a process of them, which somebody may stop: it prints a line of
JSON with the ports that they have when all are subscribed, and reads until its standard input ends.
"""

import json
import sys
import threading
import time
from array import array
from collections.abc import Iterable, Sequence

import msgspec

from bench.servers import workload
from tidings.client import wire
from torture.crowd.sockets import Crowd, Lost, Socket
from torture.crowd.ticker import Ticks

OPENING = 30.0  # seconds for all to come in
_AT_ONCE = 64  # that come in


class _Payload(msgspec.Struct):
    at: int


class _Tick(msgspec.Struct):
    payload: _Payload
    offset: int


_decode = msgspec.json.Decoder(_Tick).decode


class Reader:
    """One of them. `offset` is that of the last event, `heard` how many there were, `wrong` what should not be."""

    __slots__ = ("_crowd", "_delays", "_token", "heard", "offset", "socket", "subscribed", "wrong")

    def __init__(self, crowd: Crowd, port: int, number: int, token: str, delays: "array[float]") -> None:
        self._crowd, self._token, self._delays = crowd, token, delays
        self.subscribed = False
        self.offset = self.heard = 0
        self.wrong: str | None = None
        self.socket: Socket = crowd.connect(port, self, number)

    def opened(self) -> None:
        """Say who it is, and follow the channel."""
        self.socket.send(wire.write("auth", {"token": self._token}, id="1"))
        self.socket.send(wire.write("subscribe", {"channels": [Ticks().name]}, id="2"))

    def take(self, message: bytes) -> None:
        """Note how old an event is, and that it is the next one."""
        if not self.subscribed:
            self._enter(message)
            return
        tick = _decode(message)
        self._delays.append((time.monotonic_ns() - tick.payload.at) * 1e-9)
        if tick.offset != self.offset + 1:
            self.wrong = self.wrong or f"event {tick.offset} came after {self.offset}"
        self.offset = tick.offset
        self.heard += 1

    def lost(self, lost: Lost) -> None:
        """Nobody who reads is to be lost."""
        self.wrong = self.wrong or f"lost: {lost}"

    def _enter(self, message: bytes) -> None:
        body = wire.read(message.decode()).body
        if isinstance(body, wire.Subscribed):
            self.subscribed = True
            self.offset = body.positions[Ticks().name].offset
        elif not isinstance(body, wire.Established):
            self.wrong = self.wrong or f"not let in: {message.decode()}"


class Readers:
    """Many of them. `delays` are those of all events since `reset`, in seconds."""

    def __init__(self, port: int, tokens: Sequence[str], first: int = 0) -> None:
        """Have one come in for each token. Raises TimeoutError."""
        self.delays = array("d")
        self.crowd = Crowd()
        self._readers: list[Reader] = []
        for number, token in enumerate(tokens, first):
            self._readers.append(Reader(self.crowd, port, number, token, self.delays))
            if len(self._readers) % _AT_ONCE == 0:
                self._enter()
        self._enter()

    def __len__(self) -> int:
        return len(self._readers)

    def ports(self) -> list[int]:
        """Where they are connected from."""
        return [reader.socket.local_port for reader in self._readers]

    def reset(self) -> None:
        """Count and measure from here on."""
        del self.delays[:]
        for reader in self._readers:
            reader.heard = 0

    def receive_until(self, deadline: float) -> None:
        """Take what comes until a moment of `time.monotonic`."""
        while (left := deadline - time.monotonic()) > 0:
            self.crowd.turn(left)

    def receive_all(self, events: int, timeout: float) -> bool:
        """Take what comes until everybody has had so many since `reset`; False when that takes too long."""
        return self.crowd.run_until(lambda: all(reader.heard >= events for reader in self._readers), timeout)

    def wrong(self) -> Iterable[str]:
        """What should not have been, for each reader that met it."""
        return (f"reader {number}: {it.wrong}" for number, it in enumerate(self._readers) if it.wrong is not None)

    def _enter(self) -> None:
        if not self.crowd.run_until(lambda: all(it.subscribed or it.wrong for it in self._readers), OPENING):
            raise TimeoutError(f"not all readers came in within {OPENING:g} s")


def main() -> None:
    """Be a process of readers."""
    port, first, count = map(int, sys.argv[1:])
    readers = Readers(port, list(workload.tokens(first + count))[first:], first)
    print(json.dumps(readers.ports()), flush=True)
    ended = threading.Event()
    threading.Thread(target=_await_end, args=(ended,), daemon=True).start()
    while not ended.is_set():
        readers.receive_until(time.monotonic() + 1.0)
        readers.reset()


def _await_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    main()
