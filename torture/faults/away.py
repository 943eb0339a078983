"""Clients that are away for longer than the log reaches."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

from tidings.client import connect, wire
from tidings.protocol.log import Position
from tidings.testing.history import records
from tidings.testing.proxy import FaultProxy
from torture import tables
from torture.access import token
from torture.ground import Ground
from torture.live import Items, OwnedItems
from torture.outcome import Outcome
from torture.scene import PATIENCE, Scene, scene
from torture.screen import Screen, rows_of
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

STAYING, LEAVING, WRITERS = 4, 8, 3

_LONG, _SHORT = (10, 200), (2, 40)  # absences, and events that each log holds
_HASTE = 0.05  # of the client's backoff: who waits for it is away for longer than was meant
_ATTEMPTS = 50  # at writing so much that all who left are far enough behind


async def run(ground: Ground) -> Outcome:
    """Told `recovered: false`, reset once, and then as the database is."""
    absences, holds = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{LEAVING} of {STAYING + LEAVING} screens are away {absences} times, each time for more than the {holds} "
        f"events that a log holds; every second time the server is killed (SIGKILL) and started again meanwhile"
    )
    chance = ground.random()
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("sqlite"))
        await tables.create(url)
        server = await stack.enter_async_context(Server(Settings(url, events=holds), ground.directory))
        proxy = await stack.enter_async_context(FaultProxy(("127.0.0.1", server.port)))
        made = await stack.enter_async_context(scene(server, url))
        await made.show(STAYING, server.websocket, lambda: chance.random() * _HASTE)
        host, port = proxy.address
        await made.show(LEAVING, f"ws://{host}:{port}/ws", lambda: chance.random() * _HASTE)
        made.write(WRITERS, chance, Habits(pause=0.0), holds // 4)
        await made.written()
        await made.caught_up(outcome)
        for number in range(absences):
            await _leave_and_return(made, proxy, outcome, holds, restart=number % 2 == 1)
        await made.judge(outcome, holds=holds)
        _judge_resets(made, outcome, absences)
    return outcome


async def _leave_and_return(made: Scene, proxy: FaultProxy, outcome: Outcome, holds: int, *, restart: bool) -> None:
    """One absence. Nothing is written at its end, but for fewer events than the log holds while they come back."""
    before = (await made.truth.tops())[Items().name]
    proxy.refusing = True
    proxy.reset()
    await _fall_behind(made, outcome, holds)
    if restart:
        await made.server.kill()
        await made.server.start()
    outcome.violated(*await _ask_wire(made.server.websocket, before))
    proxy.heal()
    made.resume(holds // 10)
    await made.written()
    await made.caught_up(outcome)
    await _compare(made, outcome)


async def _fall_behind(made: Scene, outcome: Outcome, holds: int) -> None:
    """Write until every log has gone on by more than it holds."""
    for _ in range(_ATTEMPTS):
        made.resume(holds // 2)
        await made.written()
        tops = await made.truth.tops()
        if all(_behind(screen, tops) > holds for screen in made.screens[STAYING:]):
            return
    outcome.violated(f"after {_ATTEMPTS * (holds // 2) * WRITERS} changes some log had not gone on by {holds} events")


def _behind(screen: Screen, tops: dict[str, Position]) -> int:
    assert screen.position is not None
    return tops[screen.channel.name].offset - screen.position.offset


async def _ask_wire(websocket: str, position: Position) -> list[str]:
    """Subscribe from a position that is no longer covered, and leave: what the server says to that, if it is wrong."""
    socket, name = await connect(websocket), Items().name
    said: list[wire.Body] = []
    try:
        async with asyncio.timeout(PATIENCE):
            await socket.send(wire.write("auth", {"token": token("wire")}, id="1"))
            await socket.send(wire.subscribe({name: position}, id="2"))
            await socket.send(wire.write("unsubscribe", {"channels": [name]}, id="3"))
            while not said or not isinstance(said[-1], wire.Unsubscribed):
                said.append(wire.read(await socket.recv()).body)
    finally:
        await socket.close()
    match said:
        case [wire.Established(), wire.Subscribed() as answer, wire.ChannelReset() as reset, wire.Unsubscribed()]:
            as_it_should = answer.recovered == {name: False} and answer.positions == {name: reset.position}
            return [] if as_it_should else [f"to a position that is gone the server said {answer} and {reset}"]
    return [f"to a position that is gone the server said {said}"]


async def _compare(made: Scene, outcome: Outcome) -> None:
    """Each screen with the database, while nobody writes."""
    items = await made.truth.items()
    for screen in made.screens:
        owner = screen.channel.owner if isinstance(screen.channel, OwnedItems) else None
        expected = rows_of([item for item in items if owner in (None, item.owner)])
        outcome.require(screen.rows == expected, f"{screen.name} does not show what the database holds")


def _judge_resets(made: Scene, outcome: Outcome, absences: int) -> None:
    """One for each absence. Those who stayed lose their connection with the server, and may come back too late."""
    resets = Counter(it.reader for it in made.history.records if isinstance(it, records.Reset))
    for screen in made.screens[STAYING:]:
        times = resets.pop(screen.name, 0)
        outcome.require(times == absences, f"{screen.name} was away {absences} times, and was reset {times} times")
    outcome.figures["absences"] = absences * LEAVING
    outcome.figures["resets of screens that stayed"] = resets.total()
