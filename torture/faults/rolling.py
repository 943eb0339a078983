"""A deployment: one server after the other is told to stop, and started again, while all goes on."""

from torture import cluster, tables, valkey
from torture.balancer import Balancer
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import Scene, scene
from torture.server import ORDERLY
from torture.settings import Settings
from torture.writer import Habits

SCREENS, WRITERS = 20, 3
GAP = 3.0  # seconds in which a screen hears nothing, at most

_LONG, _SHORT = (3, 200), (1, 20)  # times that each server is restarted, and changes before and after each


async def run(ground: Ground) -> Outcome:
    """0 lost, 0 duplicates, 0 out of order, 0 resets; nobody hears nothing for longer than 3 s."""
    rounds, changes = _SHORT if ground.short else _LONG
    size = cluster.Size.of(ground)
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens on {size}, "
        "over Valkey; one server after the other is told to stop (SIGTERM), and started again when it has ended, "
        f"{rounds} times each"
    )
    chance = ground.random()
    with ground.database("postgres") as url, valkey.running() as kept:
        await tables.create(url)
        settings = Settings(url, redis=kept.url)
        async with cluster.started(size, settings, ground.directory) as servers, scene(servers, url) as made:
            await made.show(SCREENS, servers[0].websocket, connect=Balancer(servers).connect)
            made.write(WRITERS, chance, Habits(pause=0.01))
            await made.progress(changes)
            for screen in made.screens:
                screen.measure()
            for _ in range(rounds):
                await _restart_all(made, outcome, changes)
            waits = [screen.longest_wait for screen in made.screens]
            await made.stop()
            await made.caught_up(outcome)
            await made.judge(outcome)
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    if not ground.short:
        outcome.figures["longest gap of a client (s)"] = longest = max(waits)
        outcome.require(longest <= GAP, f"a client heard nothing for {longest:.1f} s")
    return outcome


async def _restart_all(made: Scene, outcome: Outcome, changes: int) -> None:
    for server in made.servers:
        status = await server.stop()
        outcome.require(status in ORDERLY, f"a server that was told to stop ended with status {status}")
        await server.start()
        await made.progress(changes)
