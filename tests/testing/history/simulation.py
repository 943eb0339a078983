"""Correct histories: a small world of writers, logs and readers, driven by a source of chance."""

import itertools
from dataclasses import dataclass, field
from random import Random

from tidings.protocol.log import Position
from tidings.testing.history import History, Reader, Record

KEYED = ("tables", "chairs")
UNKEYED = "noises"
CHANNELS = (*KEYED, UNKEYED)
READERS = ("anna", "ben", "cleo")
KEYS = ("k1", "k2", "k3")


@dataclass
class Happening:
    """An event that is being published."""

    id: str
    channels: tuple[str, ...]
    key: str | None
    version: int | None
    logged: bool = False


@dataclass
class SimulatedLog:
    """One channel's log, and what the database holds of it."""

    epoch: str
    events: list[Happening] = field(default_factory=list)
    start: int = 0
    state: dict[str, int] = field(default_factory=dict)

    @property
    def top(self) -> Position:
        return self.position(len(self.events))

    def position(self, offset: int) -> Position:
        return Position(self.epoch, offset, self.events[offset - 1].id if offset else "")


@dataclass
class Following:
    """One reader on one channel."""

    position: Position
    connected: bool = True
    state: dict[str, int] = field(default_factory=dict)


class Simulation:
    """A history in which nothing is wrong."""

    def __init__(self, chance: Random, steps: int = 150) -> None:
        self.chance = chance
        self._now = itertools.count(1)
        self.history = History(clock=lambda: float(next(self._now)))
        self._ids, self._versions, self._epochs = itertools.count(1), itertools.count(1), itertools.count(1)
        self._logs = {channel: SimulatedLog(f"epoch{next(self._epochs)}") for channel in CHANNELS}
        self._readers = {name: self.history.reader(name) for name in READERS}
        self._followings: dict[tuple[str, str], Following] = {}
        self._open: list[Happening] = []
        doings = [self.begin, self.begin, self.conclude, self.conclude, self.deliver, self.deliver, self.conflate]
        doings += [self.subscribe, self.subscribe, self.cut, self.reconnect]
        seldom = [self.unsubscribe, self.trim, self.renumber, self.dump]
        for _ in range(steps):
            chance.choice(doings if chance.random() < 0.95 else seldom)()
        self.finish()

    @property
    def records(self) -> list[Record]:
        return self.history.records

    # Writers.

    def begin(self) -> None:
        keyed = self.chance.random() < 0.7
        free = [key for key in KEYS if all(each.key != key for each in self._open)]
        if keyed and not free:
            return
        channels = tuple(self.chance.sample(KEYED, self.chance.randint(1, 2))) if keyed else (UNKEYED,)
        key = self.chance.choice(free) if keyed else None
        event = Happening(f"e{next(self._ids)}", channels, key, next(self._versions) if keyed else None)
        self._open.append(event)
        self._announce(event)

    def conclude(self) -> None:
        if not self._open:
            return
        event = self._open.pop(self.chance.randrange(len(self._open)))
        outcome = self.chance.choice(["committed"] * 4 + ["unknown", "rolled back", "nothing", "again"])
        if outcome in {"committed", "unknown", "again"}:
            self._append(event)
        if outcome == "again":  # the writer was not told, and tries once more: the log knows the id
            self._announce(event)
        if outcome in {"committed", "again"}:
            self.history.committed(event.id)
        if outcome == "rolled back":
            self.history.rolled_back(event.id)

    def _announce(self, event: Happening) -> None:
        self.history.publishing(event.id, *event.channels, key=event.key, version=event.version)

    def _append(self, event: Happening) -> None:
        for channel in event.channels:
            log = self._logs[channel]
            log.events.append(event)
            if event.key is not None and event.version is not None:
                log.state[event.key] = event.version

    # Logs.

    def trim(self) -> None:
        channel = self.chance.choice(CHANNELS)
        log = self._logs[channel]
        log.start = self.chance.randint(log.start, len(log.events))
        self.history.trimmed(channel, log.position(log.start))

    def renumber(self) -> None:
        channel = self.chance.choice(CHANNELS)
        self.history.renumbered(channel)
        self._logs[channel] = SimulatedLog(f"epoch{next(self._epochs)}", state=self._logs[channel].state)

    def dump(self) -> None:
        channel = self.chance.choice(CHANNELS)
        log = self._logs[channel]
        for offset, event in enumerate(log.events[log.start :], log.start + 1):
            self.history.logged(channel, log.position(offset), key=event.key, version=event.version)

    # Readers.

    def subscribe(self) -> None:
        place = self.chance.choice(READERS), self.chance.choice(CHANNELS)
        if place not in self._followings:
            log = self._logs[place[1]]
            self._followings[place] = Following(log.top, state=dict(log.state))
            self._readers[place[0]].subscribed(place[1], log.top)

    def unsubscribe(self) -> None:
        if self._followings:
            place = self.chance.choice(list(self._followings))
            self._readers[place[0]].unsubscribed(place[1])
            del self._followings[place]

    def cut(self) -> None:
        if self._followings:
            self.chance.choice(list(self._followings.values())).connected = False

    def reconnect(self) -> None:
        away = [place for place, following in self._followings.items() if not following.connected]
        if away:
            self._reconnect(*self.chance.choice(away))

    def _reconnect(self, name: str, channel: str) -> None:
        following, log = self._followings[name, channel], self._logs[channel]
        following.connected = True
        if self._covered(following, log):
            self._readers[name].subscribed(channel, following.position)
        elif self.chance.random() < 0.5:  # some clients tell of the answer before the reset that follows it
            self._readers[name].subscribed(channel, log.top)
        self._reset_if_behind(following, log, self._readers[name], channel)

    def deliver(self) -> None:
        if self._followings:
            name, channel = self.chance.choice(list(self._followings))
            self._deliver(name, channel, self.chance.randint(1, 5))

    def conflate(self) -> None:
        keyed = [place for place in self._followings if place[1] in KEYED]
        if not keyed:
            return
        name, channel = self.chance.choice(keyed)
        following, log, reader = self._followings[name, channel], self._logs[channel], self._readers[name]
        if not following.connected or self._reset_if_behind(following, log, reader, channel):
            return
        missed = range(following.position.offset + 1, len(log.events) + 1)
        newest = {log.events[offset - 1].key: offset for offset in missed}
        for offset in sorted(newest.values()):
            self._hear(following, log, reader, channel, offset, after=following.position.offset)

    def _deliver(self, name: str, channel: str, count: int) -> None:
        following, log, reader = self._followings[name, channel], self._logs[channel], self._readers[name]
        if not following.connected or self._reset_if_behind(following, log, reader, channel):
            return
        first = following.position.offset + 1
        for offset in range(first, min(first + count, len(log.events) + 1)):
            self._hear(following, log, reader, channel, offset)

    def _hear(
        self,
        following: Following,
        log: SimulatedLog,
        reader: Reader,
        channel: str,
        offset: int,
        after: int | None = None,
    ) -> None:
        event, following.position = log.events[offset - 1], log.position(offset)
        reader.event(channel, following.position, key=event.key, version=event.version, after=after)
        if event.key is not None and event.version is not None:
            following.state[event.key] = event.version

    def _covered(self, following: Following, log: SimulatedLog) -> bool:
        return following.position.epoch == log.epoch and following.position.offset >= log.start

    def _reset_if_behind(self, following: Following, log: SimulatedLog, reader: Reader, channel: str) -> bool:
        if self._covered(following, log):
            return False
        following.position, following.state = log.top, dict(log.state)
        reader.reset(channel, log.top)
        return True

    def finish(self) -> None:
        while self._open:
            self.conclude()
        for name, channel in self._followings:
            if not self._followings[name, channel].connected:
                self._reconnect(name, channel)
            self._deliver(name, channel, len(self._logs[channel].events))
        for channel in KEYED:
            self.history.expected(channel, self._logs[channel].state)
        for (name, channel), following in self._followings.items():
            if channel in KEYED:
                self._readers[name].final(channel, following.state)
