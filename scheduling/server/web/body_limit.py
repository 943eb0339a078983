"""How much a request may bring."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Answers 413 to a request whose body is larger than `limit` bytes, and reads no further.

    Paths in `others`, and those below them, have a limit of their own. FastAPI's own `max_body_size` does too, but in
    plain text where the length was announced; ours is a problem detail like every other.
    """

    def __init__(self, app: ASGIApp, limit: int, others: Mapping[str, int]) -> None:
        self._app = app
        self._limit = limit
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit_of(scope.get("path", ""))
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, str(limit))
            return message

        await self._app(scope, limited if scope["type"] == "http" else receive, send)

    def _limit_of(self, path: str) -> int:
        return next((most for top, most in self._others.items() if f"{path}/".startswith(f"{top}/")), self._limit)
