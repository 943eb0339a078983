"""uvicorn's own WebSocket protocol, as `tidings serve --transport asgi` sets it up."""

from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tidings.handshake import STATE_KEY
from tidings.transport import GRACE

if TYPE_CHECKING:
    from tidings.manager import ConnectionManager


class AsgiProtocol(WebSocketsSansIOProtocol):
    """Where uvicorn would close all connections at once when the server stops, their manager sends them away."""

    def shutdown(self) -> None:
        manager: ConnectionManager | None = None
        if self.handshake_complete and not self.close_sent:
            manager = self.app_state.get(STATE_KEY + self.scope["path"])
        if manager is None:
            super().shutdown()
        else:
            grace = self.config.timeout_graceful_shutdown
            manager.drain(GRACE if grace is None else grace)
