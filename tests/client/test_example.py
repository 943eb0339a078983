"""The program in the package's documentation does what it says."""

import asyncio
import sys
import textwrap
from types import ModuleType
from typing import Any

import tidings.client
from tests.transports.native_server import native
from tidings import ConnectionManager, Handshake, User


def program() -> Any:
    """The example as a module."""
    documentation = tidings.client.__doc__
    assert documentation is not None
    source = documentation[documentation.index("    from tidings") : documentation.index("It resumes")]
    module = ModuleType("client_example")
    sys.modules["client_example"] = module
    exec(compile(textwrap.dedent(source), "client_example", "exec"), module.__dict__)
    return module


async def test_the_example_follows_notes() -> None:
    example, notes = program(), dict[int, str]()

    def authenticate(handshake: Handshake, token: str | None) -> User:
        return User(token or "nobody")

    manager = ConnectionManager(channels=[example.Notes], authenticate=authenticate)
    manager.authorize(example.Notes)(lambda channel, user: user.id == "ann")
    async with asyncio.timeout(30), native(manager) as server:
        task = asyncio.create_task(example.follow(f"ws://127.0.0.1:{server.port}/ws", "ann", notes))
        number = 0
        while not notes:  # from when the subscription stands
            number += 1
            await manager.publish(example.NotePosted(note_id=number, text="hello"), example.Notes())
            await asyncio.sleep(0)
        assert set(notes.values()) == {"hello"}
        task.cancel()
        await asyncio.wait([task])
    await manager.stop()
