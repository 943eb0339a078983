"""The logs, by the scripts of this package."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from redis.exceptions import RedisError

from tidings.brokers.redis.keys import Keys
from tidings.brokers.redis.server import Call, Script, Server
from tidings.brokers.redis.settings import Bounds
from tidings.brokers.redis.stored import Unreadable, entry, packed, unpacked
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position
from tidings.tail import Page

log = logging.getLogger("tidings")

_APPEND, _TOPS, _READ, _RENUMBER = (Script(name) for name in ("append", "tops", "read", "renumber"))
_DAY = 86_400


class Logs:
    """Appends to logs and reads them. `bounds` are each log's; `announced` the largest event that is announced whole.

    What numbers a log outlives its events by 31 days. An epoch that new logs begin with lives for 30: a log that begins
    again after its numbers were forgotten begins with another.
    """

    def __init__(self, server: Server, keys: Keys, bounds: Bounds, announced: int, epochs: Callable[[], str]) -> None:
        self.server, self._keys, self._epochs = server, keys, epochs
        self._epoch_life = 30 * _DAY
        self._common = (bounds.events, bounds.size, int(bounds.age * 1000))
        self._top_life = int(bounds.age) + 31 * _DAY
        self._announced = announced
        self._publish = "SPUBLISH" if server.is_cluster else "PUBLISH"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    async def probe(self) -> None:
        """Read a key as every call does, to no end. Raises what the server says to that."""
        await self.server.run(_TOPS, [((self._keys.top(""),), ())])

    async def append(self, drafts: Sequence[tuple[str, Draft]]) -> list[tuple[Entry, Position | None] | Exception]:
        """For each event its entry, and the position that it follows where it was appended now; or why it was not."""
        groups = self._grouped([channel for channel, _ in drafts])
        calls = [self._append_call([drafts[index] for index in group]) for group in groups]
        answers: dict[int, tuple[Entry, Position | None] | Exception] = {}
        for group, answer in zip(groups, await self.server.run(_APPEND, calls), strict=True):
            for index, one in zip(group, answer, strict=True):
                answers[index] = _appended(*drafts[index], one)
        return [answers[index] for index in range(len(drafts))]

    def _append_call(self, drafts: Sequence[tuple[str, Draft]]) -> Call:
        numbers: dict[str, int] = {}  # of the channels, in the order of their keys
        events: list[str | bytes | int] = []
        for channel, draft in drafts:
            events += (numbers.setdefault(channel, len(numbers) + 1), draft.id, packed(draft))
        bounds = (*self._common, self._epoch_life, self._top_life, self._publish, self._announced)
        keys = [key for channel in numbers for key in self._keys.of_append(channel)]
        return keys, (self._epochs(), *bounds, *events)

    async def tops(self, names: Sequence[str]) -> Mapping[str, Position]:
        """Each channel's top; that of an empty log for a channel that has none."""
        groups = self._grouped(names)
        calls = [([self._keys.top(names[index]) for index in group], ()) for group in groups]
        tops: dict[str, Position] = {}
        for group, answer in zip(groups, await self.server.run(_TOPS, calls), strict=True):
            tops |= {names[index]: _position(*one) for index, one in zip(group, answer, strict=True) if one[0]}
        if without := [name for name in names if name not in tops]:
            tops |= await self._empty(without)
        return tops

    async def read(self, places: Sequence[tuple[str, int]], limit: int) -> Sequence[Page]:
        """For each channel, at most `limit` entries after this offset."""
        calls = [(self._keys.of_read(name), (offset, limit)) for name, offset in places]
        answers = await self.server.run(_READ, calls)
        without = [name for (name, _), answer in zip(places, answers, strict=True) if not answer]
        empty = await self._empty(without) if without else {}
        return [
            _page(name, offset, answer) if answer else Page(empty[name], (), empty[name])
            for (name, offset), answer in zip(places, answers, strict=True)
        ]

    async def renumber(self, places: Sequence[tuple[str, Position]]) -> list[Position]:
        """Give each channel a new epoch, unless its log holds this position; returns their tops then."""
        lives = self._epoch_life, self._top_life, self._publish
        calls = [(self._keys.of_append(name), (*seen, self._epochs(), *lives)) for name, seen in places]
        return [_position(*answer) for answer in await self.server.run(_RENUMBER, calls)]

    async def _empty(self, names: Sequence[str]) -> dict[str, Position]:
        """The tops of empty logs: each partition's epoch, which is made where there is none."""
        keys = list({self._keys.epoch(name): None for name in names})
        found = _raised(await self.server.call([("GET", key) for key in keys]))
        epochs = {key: it for key, it in zip(keys, found, strict=True) if it is not None}
        if missing := [key for key in keys if key not in epochs]:
            made = [("SET", key, self._epochs(), "NX", "EX", self._epoch_life) for key in missing]
            # Whose epoch it is that another process may have set first.
            found = _raised(await self.server.call([*made, *(("GET", key) for key in missing)]))[len(made) :]
            epochs |= dict(zip(missing, found, strict=True))
        return {name: Position(epochs[self._keys.epoch(name)].decode(), 0, "") for name in names}

    def _grouped(self, names: Sequence[str]) -> list[list[int]]:
        """The indices of channels that one script may have together."""
        if not self.server.is_cluster:
            return [list(range(len(names)))]
        groups: dict[int, list[int]] = {}
        for index, name in enumerate(names):
            groups.setdefault(self._keys.partition(name), []).append(index)
        return list(groups.values())


def new_epoch() -> str:
    """A name that no log has had."""
    return secrets.token_urlsafe(6)


def _raised(answers: list[Any]) -> list[Any]:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _position(epoch: bytes, offset: bytes, id: bytes) -> Position:
    return Position(epoch.decode(), int(offset), id.decode())


def _appended(channel: str, draft: Draft, answer: Any) -> tuple[Entry, Position | None] | Exception:
    if answer[0] != b"entry":
        return RedisError(f"{channel}: {answer[1].decode(errors='replace')}")
    _, epoch, offset, before, milliseconds, known = answer
    position = Position(epoch.decode(), int(offset), draft.id)
    if known is None:
        after = Position(position.epoch, position.offset - 1, before.decode())
        return entry(channel, position, draft, int(milliseconds) / 1000), after
    try:
        return entry(channel, position, unpacked(known), int(milliseconds) / 1000), None
    except Unreadable as error:
        return error


def _page(name: str, offset: int, answer: Any) -> Page:
    if len(answer) == 1:
        empty = Position(answer[0].decode(), 0, "")
        return Page(empty, (), empty)
    epoch, top_offset, top_id, start_offset, start_id, part = answer
    top = _position(epoch, top_offset, top_id)
    start = _position(epoch, start_offset, start_id)
    if not part:  # nothing follows, or all of it is too old
        return Page(top, (), top)
    try:
        if offset > start.offset:
            start = _stored(name, top.epoch, offset, part.pop(0)).position
        found = [
            _stored(name, top.epoch, number, one) for number, one in enumerate(_after(start, part), start.offset + 1)
        ]
    except (Unreadable, ValueError, IndexError) as error:
        log.error("the log of %s holds what is no event of ours, and is passed over: %s", name, error)  # noqa: TRY400
        return Page(top, (), top)
    return Page(start, found, top)


def _after(start: Position, part: list[Any]) -> list[Any]:
    """What follows the start: a log that begins there has no event at that offset."""
    return [one for one in part if int(one[0].partition(b"-")[0]) > start.offset]


def _stored(name: str, epoch: str, offset: int, item: Any) -> Entry:
    id, fields = item
    if int(id.partition(b"-")[0]) != offset:
        raise Unreadable(f"the event at {offset} is missing")
    position = Position(epoch, offset, fields[1].decode())
    return entry(name, position, unpacked(fields[5]), int(fields[3]) / 1000)
