"""Connections are cut at random points, one client's 200 times."""

from contextlib import AsyncExitStack
from random import Random
from typing import Any

from tidings.testing.proxy import FaultProxy, Link
from torture import tables
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import Scene, scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

CUTS = 200
SCREENS, WRITERS = 20, 3

# Changes between two cuts, on average, and seconds between two changes of a writer: 5 minutes, or a few seconds.
_LONG, _SHORT = (60, 0.06), (2, 0.01)
_EVENTS = 2_000  # bytes of events, at most, that still pass before a cut
_OPENING = 800  # bytes of a client that is on its way in
_HASTE = 0.001  # of the client's backoff: who waits cannot be cut


async def run(ground: Ground) -> Outcome:
    """0 lost, 0 duplicates, 0 out of order, 0 resets."""
    between, pause = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{SCREENS} screens show what {WRITERS} writers change; one of them is cut {CUTS} times, the others now and "
        "then: behind a random number of bytes, in the middle of a frame, by a reset, or again on its way back in"
    )
    chance = ground.random()
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("sqlite"))
        await tables.create(url)
        server = await stack.enter_async_context(Server(Settings(url), ground.directory))
        victim, others = [await stack.enter_async_context(_Cutter(("127.0.0.1", server.port))) for _ in range(2)]
        made = await stack.enter_async_context(scene(server, url))
        for proxy, screens in ((victim, 1), (others, SCREENS - 1)):
            host, port = proxy.address
            await made.show(screens, f"ws://{host}:{port}/ws", lambda: chance.random() * _HASTE)
        made.write(WRITERS, chance, Habits(pause=pause))
        await _cut_all(made, victim, others, chance, between)
        await made.stop()
        victim.heal()
        others.heal()
        outcome.figures["seconds until all was shown, at the end"] = await made.caught_up(outcome)
        await made.judge(outcome)
        outcome.figures["connections of the victim"] = victim.accepted
        outcome.figures["connections of the others"] = others.accepted
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    outcome.require(victim.accepted > CUTS - 1, f"the victim was cut {victim.accepted} times, not {CUTS}")
    return outcome


async def _cut_all(made: Scene, victim: "_Cutter", others: "_Cutter", chance: Random, between: float) -> None:
    """Each connection of the victim is cut once, when some changes were made since it began."""
    cut: Link | None = None
    for _ in range(CUTS):
        await made.progress(1 + int(chance.expovariate(1 / between)))
        while not victim.links or victim.links[-1] is cut:
            await made.progress(1)
        cut = victim.links[-1]
        victim.cut(cut, chance)
        if others.links and chance.random() < 0.3:
            others.cut(chance.choice(others.links), chance)


class _Cutter(FaultProxy):
    """A proxy that can cut the next connection, too."""

    _next: int | None = None

    def cut(self, link: Link, chance: Random) -> None:
        """Cut it in a way that is left to chance."""
        match chance.choice(("after", "in frame", "reset", "twice")):
            case "after":
                link.to_client.cut_after(chance.randrange(_EVENTS))
            case "in frame":
                link.to_client.cut_in_frame()
            case "reset":
                link.reset()
            case _:
                self._next = chance.randrange(_OPENING)
                link.reset()

    def take(self, client: Any) -> None:
        """A client has connected."""
        super().take(client)
        if self._next is not None and self.links:
            self.links[-1].to_server.cut_after(self._next)
            self._next = None
