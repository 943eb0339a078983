"""A server that goes on with its next event when all have answered this one: `python -m tests.bench.answering PORT`."""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve

from bench.servers.control import controlled

clients: set[ServerConnection] = set()
answers: asyncio.Queue[str] = asyncio.Queue()


async def publish(number: int, _: str) -> None:
    """An event that is longer than the shortest frames, with a mark for each client near its end."""
    expected = {f"<{number:04}-{index:04}>" for index in range(len(clients))}
    for client, mark in zip(clients, sorted(expected), strict=True):
        await client.send(f"event {'.' * 200} {mark[1:-1]} end")
    assert {await answers.get() for _ in clients} == expected


async def take(client: ServerConnection) -> None:
    """Let it in, and keep what it says."""
    clients.add(client)
    await client.send("welcome")
    async for said in client:
        answers.put_nowait(str(said))


async def main() -> None:
    """Until it is ended."""
    async with serve(take, "127.0.0.1", int(sys.argv[1])) as server, controlled(publish):
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
