"""What is withdrawn from users, done to the connections of this process."""

import asyncio
from typing import assert_never

from tidings.access.authentication import issued
from tidings.connection import Connection
from tidings.hub import Hub
from tidings.protocol.codes import CloseCode
from tidings.protocol.control import Act, Disconnect, Reauthorize, Revoke

_AT_ONCE = 20  # connections whose rules are asked anew at the same time


class Withdrawals:
    """Carries out acts of control on a hub's connections."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def apply(self, act: Act) -> None:
        """Withdraw what the act says, at once; rules that are to be asked anew are asked in a task."""
        if isinstance(act, Reauthorize):
            self._hub.authorization.forget(act.user_id)
            if self._hub.home is not None:
                self._hub.run_later(self.reauthorize(act.user_id))
        elif isinstance(act, Revoke):
            self._revoke(act)
        elif isinstance(act, Disconnect):
            self._disconnect(act)
        else:
            assert_never(act)

    async def reauthorize(self, user_id: str) -> None:
        """Ask the rules anew for what the user follows here, and end what they now refuse."""
        self._hub.authorization.forget(user_id)
        for connection in self._hub.of_user(user_id):
            await self._hub.ask_anew(connection)

    def start_over(self) -> None:
        """Ask all rules anew, for everybody."""
        self._hub.authorization.forget_all()
        if self._hub.home is not None:
            self._hub.run_later(self._reauthorize_all())

    def hold(self) -> None:
        """Deliver nothing until `resume`."""
        self._hub.audiences.hold()

    def resume(self) -> None:
        """Go on from where each reader was held."""
        self._hub.audiences.resume()

    def _revoke(self, act: Revoke) -> None:
        self._hub.authorization.forget(act.user_id, act.channel)
        for connection in self._hub.of_user(act.user_id):
            self._hub.withdraw(connection, act.channel)

    def _disconnect(self, act: Disconnect) -> None:
        """End the connections whose tokens are refused from now on; those with a newer one stay."""
        self._hub.authorization.forget(act.user_id)
        disconnected = self._hub.authentication.disconnected
        disconnected.add(act.user_id, act.at)
        for connection in self._hub.of_user(act.user_id):
            if disconnected.refuses(act.user_id, issued(connection.user)):
                connection.close(CloseCode.FORBIDDEN, act.reason)

    async def _reauthorize_all(self) -> None:
        connections: list[Connection] = list(self._hub.connections.values())
        for first in range(0, len(connections), _AT_ONCE):
            await asyncio.gather(*map(self._hub.ask_anew, connections[first : first + _AT_ONCE]))
