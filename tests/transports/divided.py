"""An application that keeps its logs in one process, and says in each answer which process gave it."""

import os
from typing import Any

from fastapi import FastAPI

from tidings import ConnectionManager, User

application = FastAPI()
manager = ConnectionManager(authenticate=lambda handshake, token: User("ann"))
application.include_router(manager.router("/ws"))
application.include_router(manager.health_router())


async def app(scope: Any, receive: Any, send: Any) -> None:
    async def signed(message: Any) -> None:
        if message["type"].endswith("response.start"):
            message["headers"] = [*message["headers"], (b"x-process", str(os.getpid()).encode())]
        await send(message)

    await application(scope, receive, signed)
