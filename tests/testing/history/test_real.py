"""The history checker on a real manager: readers that are cut and recover, and faults that it must see there."""

from random import Random

from tidings import Channel, ConnectionManager, Event, MemoryBroker, User
from tidings.protocol.log import Position
from tidings.testing import History, check, connected
from tidings.testing.client import Message
from tidings.testing.history import Kind, Reader

HELD = 20  # events that the log keeps


class Counted(Event, type="counted", key="number"):
    number: int


class News(Channel[Counted], name="news"): ...


class Page:
    """A reader, over all of its connections. `forgetful`: it does not say where it was."""

    def __init__(self, manager: ConnectionManager, reader: Reader, *, forgetful: bool = False) -> None:
        self._manager, self._reader, self._forgetful = manager, reader, forgetful
        self._position: Position | None = None

    async def visit(self, top: Position) -> None:
        """Connect, take what comes until the log's top is reached, and go."""
        known = {} if self._position is None or self._forgetful else {"news": self._position}
        async with connected(self._manager, token="anna") as client:
            answer = await client.subscribe(News(), positions=known)
            reported = Position(**answer["positions"]["news"])
            self._position = self._position if answer["recovered"]["news"] else reported
            assert self._position is not None
            self._reader.subscribed("news", self._position)
            while True:
                for message in client.messages():
                    self._see(message)
                if self._position == top:
                    return
                await client.ping()

    def _see(self, message: Message) -> None:
        if message["type"] == "channel:reset":
            self._position = Position(**message["payload"]["position"])
            self._reader.reset("news", self._position)
        else:
            self._position = Position(message["epoch"], message["offset"], message["id"])
            self._reader.event("news", self._position, key=message["key"], after=message.get("after"))


async def a_run(chance: Random, *, most: int, forgetful: bool = False) -> History:
    """Readers come and go while events are published, at most `most` between two visits of one."""
    manager = ConnectionManager(
        channels=[News], authenticate=lambda _, token: User(str(token)), broker=MemoryBroker(events=HELD)
    )
    manager.authorize(News)(lambda channel, user: True)
    history = History()
    pages = [Page(manager, history.reader(name), forgetful=forgetful) for name in ("a", "b", "c")]
    number = 0
    for _ in range(30):
        for page in chance.sample(pages, len(pages)):
            for _ in range(chance.randint(0, most // len(pages))):
                number += 1
                history.publishing(f"e{number}", "news", key=f"counted:{number}")
                await manager.publish(Counted(number=number), News(), id=f"e{number}")
                history.committed(f"e{number}")
            await page.visit(await manager.broker.follow("news"))
            manager.broker.unfollow("news")
    for page in pages:
        await page.visit(await manager.broker.follow("news"))
    return history


async def test_recovery_is_complete() -> None:
    report = check((await a_run(Random(1), most=HELD // 2)).records)
    assert not report.violations, report
    assert report.heard > 300
    assert report.resets == 0


async def test_resets_come_where_the_log_is_too_short_and_nowhere_else() -> None:
    history = await a_run(Random(2), most=4 * HELD)
    report = check(history.records, holds=HELD)
    assert not report.violations, report
    assert report.resets > 10
    assert check(history.records).counts == {Kind.NEEDLESS_RESET: report.resets}


async def test_a_reader_that_forgets_where_it_was_is_found_out() -> None:
    report = check((await a_run(Random(3), most=HELD // 2, forgetful=True)).records)
    assert set(report.counts) == {Kind.SILENT_GAP, Kind.LOST}
