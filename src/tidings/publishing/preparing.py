"""Events on their way to the logs: checked against what is declared, and written as JSON once."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from msgspec.structs import replace

from tidings.protocol import messages
from tidings.protocol.channels import Channel, Declarations, check_carries, check_name, is_own_channel, not_a_channel
from tidings.protocol.errors import ChannelError, EventError
from tidings.protocol.events import Draft, Event, draft
from tidings.protocol.limits import Limits
from tidings.protocol.presence import channel_of
from tidings.publishing.envelope import Message, drafted
from tidings.tracing import Tracing


class Preparation:
    """Checks all of an event before anything of it is appended.

    `warn` is told each name that is used without being declared, where names need no declaration.
    """

    def __init__(
        self,
        declarations: Declarations,
        limits: Limits,
        *,
        clock: Callable[[], float],
        ids: Callable[[], str],
        warn: Callable[[str], None],
        trace: Tracing,
    ) -> None:
        self._declarations, self._limits = declarations, limits
        self._declared = frozenset(declarations.channels)
        self._clock, self._ids, self._warn, self._trace = clock, ids, warn, trace

    def event(
        self, event: Event, channels: Sequence[Channel[Any]], id: str | None, call: str
    ) -> tuple[Draft, tuple[str, ...]]:
        """An event's draft, and the names of its channels; `call` is how what this raises begins.

        Raises EventError for what a channel does not declare or is not valid JSON within the size limit, ChannelError
        for a channel that is not declared here, TypeError for what is no event or no channel.
        """
        sound = bool(channels)
        for channel in channels:
            sound = sound and self._may_carry(channel, event)
        if not sound:
            self._refuse(event, channels, call)
        ready = draft(event, id=self._ids() if id is None else id, timestamp=messages.timestamp(self._clock()))
        return self._sized(ready), tuple([channel.name for channel in channels])

    def message(self, channel: str, message: Message) -> Draft:
        """The draft of one of the guide's messages. Raises EventError and ChannelError."""
        return self._sized(drafted(message, self._find(channel), id=self._ids(), now=self._clock()))

    def _sized(self, ready: Draft) -> Draft:
        if len(ready.payload) > self._limits.message_size:
            raise EventError(
                f"{ready.type}: the payload has {len(ready.payload)} bytes, more than {self._limits.message_size}"
            )
        traceparent = self._trace.traceparent() if self._trace.active else None
        return ready if traceparent is None else replace(ready, traceparent=traceparent)

    def _may_carry(self, channel: object, event: object) -> bool:
        kind = type(event)
        return (
            isinstance(channel, Channel)
            and (not self._declared or type(channel) in self._declared)
            and channel.event_types.get(getattr(kind, "event_type", "")) is kind
        )

    def _refuse(self, event: Event, channels: Sequence[Channel[Any]], call: str) -> NoReturn:
        """Say what is wrong with an event and its channels."""
        if not isinstance(event, Event):
            raise TypeError(f"{call}{event!r:.80}): {_instead_of(event, channels, call)}")
        if not channels:
            raise ChannelError(f"{call}{type(event).__name__}(…)) names no channel: nobody would get it")
        for channel in channels:
            self._check_known(channel, call)
            check_carries(channel, event)
        raise AssertionError(f"{call}{event!r:.80}) was refused, and nothing is wrong with it")

    def _check_known(self, channel: Channel[Any], call: str) -> None:
        if not isinstance(channel, Channel):
            raise TypeError(f"{call}…, {not_a_channel(channel)}")
        if self._declared and type(channel) not in self._declared:
            name = type(channel).__name__
            raise ChannelError(f"{name} is not declared here: add it to ConnectionManager(channels=[…])")

    def _find(self, name: str) -> Channel[Any] | None:
        """The declared channel of a name; None where names need no declaration, and for users' own channels."""
        check_name(name)
        if channel_of(name) is not None:
            raise ChannelError(f"{name!r} is a channel's presence: only tidings itself writes to it")
        channel = self._declarations.find(name)
        if channel is None and not is_own_channel(name):
            if self._declarations.channels:
                raise ChannelError(f"no channel {name!r} is declared: add its class to ConnectionManager(channels=[…])")
            self._warn(name)
        return channel


def _instead_of(event: object, channels: Sequence[object], call: str) -> str:
    """What to write where an event was to be."""
    if isinstance(event, type) and issubclass(event, Event):
        return f"that is the class; write {event.__name__}(…), with its fields if it has any"
    if any(isinstance(channel, Event) for channel in channels):
        return "the event comes before its channels"
    untyped = ", or broadcast_to_channel for a mapping" if call == "publish(" else ""
    return f"write an instance of an Event class{untyped}"
