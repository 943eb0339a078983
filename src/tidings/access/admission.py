"""Who comes into which channel: names that are channels, rules that say yes, logs that are held open."""

import logging
from typing import Any

from tidings.access.authorization import Authorization
from tidings.audience import Audiences, Entrance
from tidings.connection import Connection
from tidings.protocol.channels import Channel, Declarations, check_name, is_own_channel, own_channel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.errors import ChannelError
from tidings.protocol.limits import Limits
from tidings.protocol.messages import ClientMessage, Refused
from tidings.protocol.presence import channel_of

log = logging.getLogger("tidings")


class Admission:
    """Decides whether a connection may enter a channel, and holds the channel open until it has."""

    def __init__(
        self, limits: Limits, declarations: Declarations, authorization: Authorization, audiences: Audiences
    ) -> None:
        self.limits, self.declarations = limits, declarations
        self.authorization, self.audiences = authorization, audiences
        self._warned: set[str] = set()

    async def admit(self, connection: Connection, channels: list[str], message: ClientMessage | None) -> list[Entrance]:
        """Hold the channels that the connection may follow, and tell it of the others. The caller enters or releases
        them.

        An answer of a rule counts only if nothing was withdrawn since it was asked for; else it is asked again.
        """
        entrances: dict[str, Entrance] = {}
        pending = channels
        try:
            while pending:
                changes = self.authorization.changes
                for name in pending:
                    await self._admit(connection, name, message, entrances)
                pending = list(entrances) if changes != self.authorization.changes else []
        except BaseException:
            self.audiences.release(entrances.values())
            raise
        return list(entrances.values())

    async def _admit(
        self, connection: Connection, name: str, message: ClientMessage | None, entrances: dict[str, Entrance]
    ) -> None:
        try:
            entering = sum(other != name and other not in connection.audiences for other in entrances)
            channel = self._resolve(connection, name, entering)
            await self._check_allowed(connection, name, channel)
            if name not in entrances:
                position = message.position(name) if message is not None else None
                entrances[name] = await self.audiences.take(name, position)
        except Refused as refused:
            refused.reply_to = message.id if message is not None else None
            connection.refuse(refused)
            if name in entrances:
                self.audiences.release([entrances.pop(name)])

    def _resolve(self, connection: Connection, name: str, entering: int) -> Channel[Any] | None:
        """The declared channel of a name; None where names need no declaration. Raises Refused."""
        try:
            check_name(name)
        except ChannelError as error:
            raise Refused(ErrorCode.INVALID_CHANNEL, str(error), channel=name[:255]) from error
        if name not in connection.audiences and connection.subscriptions() + entering >= self.limits.channels:
            reason = f"a connection follows at most {self.limits.channels} channels"
            raise Refused(ErrorCode.TOO_MANY_CHANNELS, reason, channel=name)
        channel = self.declarations.deciding(name)
        if channel is None and (of := channel_of(name)) is not None:
            raise Refused(ErrorCode.NO_PRESENCE, f"no channel {of!r} is declared with presence here", channel=name)
        if channel is None and self.declarations.channels and not is_own_channel(name):
            raise Refused(ErrorCode.UNKNOWN_CHANNEL, f"no channel {name!r} is declared here", channel=name)
        return channel

    async def _check_allowed(self, connection: Connection, name: str, channel: Channel[Any] | None) -> None:
        user_id = str(connection.user_id)
        if is_own_channel(name):
            allowed = name == own_channel(user_id)
        elif channel is None:
            allowed = True
            self.warn_undeclared(name)
        else:
            allowed = await self.authorization.allows(channel, user_id, connection.user, connection.handshake)
        if not allowed:
            raise Refused(ErrorCode.FORBIDDEN, f"user {user_id} may not follow {name}", channel=name)

    async def may_follow(self, connection: Connection, name: str) -> bool:
        """Whether the rules (as they are now) let this connection follow a channel."""
        try:
            await self._check_allowed(connection, name, self.declarations.deciding(name))
        except Refused as refused:
            if refused.code is ErrorCode.INTERNAL_ERROR:
                log.exception("user %s cannot be asked about on %s", connection.user_id, name)
            return False
        return True

    def warn_undeclared(self, name: str) -> None:
        """Warn once for each name that a manager without declarations is used with."""
        if name not in self._warned and len(self._warned) < self.limits.warned_names:
            self._warned.add(name)
            log.warning("channel %r is not declared: anybody may follow it and any message is sent to it", name)
