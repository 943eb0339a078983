"""Clients of the teams: cheap sockets that behave as `tidings.client` does, by its own tables. They authenticate with
their first message, follow their channels, resume from their positions, and come back with its backoff.
"""

import time
from collections import Counter
from collections.abc import Sequence

from tidings.client import applying, wire
from tidings.client.applying import Action, Phase, Reading
from tidings.client.client import TIMEOUT
from tidings.client.errors import ClientError
from tidings.client.retrying import Loss, Retries
from tidings.protocol.channels import own_channel
from tidings.protocol.codes import reconnects
from torture.crowd.sockets import Crowd, Lost, Socket

_HEARD = {Action.APPLY, Action.LIVE}


class Member:
    """One client of a user. Times are of `time.monotonic`.

    `counts` holds what became of messages, by the action of the client's table, and how tries failed, by the reason.
    `port` is the server's, also of later tries. `lost_at`: when it last lost a connection that was open.
    """

    def __init__(
        self, crowd: Crowd, port: int, number: int, token: str, channels: Sequence[str], retries: Retries
    ) -> None:
        self._crowd, self.port, self._number, self._token = crowd, port, number, token
        self._channels, self._retries = channels, retries
        self._own: str | None = None  # known once the server has said who this is
        self.readings: dict[str, Reading] = {name: Reading(Phase.OUT, None) for name in channels}
        self.counts: Counter[str] = Counter()
        self.recovered = 0  # channels, since the last cut
        self.live_at: float | None = None
        self.lost_at: float | None = None
        self._tries = 0
        self._socket: Socket | None = None

    @property
    def live(self) -> bool:
        """Whether it has all that the server had to say on every channel."""
        return self.live_at is not None

    def connect(self) -> None:
        """Try, for as long as a client does."""
        self._tries += 1
        tried = self._tries
        self._socket = self._crowd.connect(self.port, self, self._number)
        self._crowd.later(TIMEOUT, lambda: self._give_up(tried))

    def cut(self) -> None:
        """Lose the connection, as when the network is gone."""
        self.recovered = 0
        self._leave()
        self._again(Loss(reason="cut", again=True))

    # What the crowd calls.

    def opened(self) -> None:
        """The upgrade was made."""
        positions = {}
        if self._own is not None:
            reading = self.readings[self._own]
            positions = {self._own: reading.position.document()} if reading.position else {}
            self.readings[self._own] = applying.ask(reading)
        self._send(wire.write("auth", {"token": self._token, "positions": positions}, id="auth"))

    def take(self, text: bytes) -> None:
        """A message came."""
        try:
            envelope, body, position = wire.read(text.decode())
        except ClientError as error:
            self.counts[f"malformed: {error.reason}"] += 1
            return
        match body:
            case wire.Established():
                self._established(body)
            case wire.Subscribed():
                self._answered(body.channels, body)
            case wire.ChannelReset(channel=channel):
                self._step(channel, applying.reset(self.readings[channel], body.position.position))
            case wire.Closing():
                self._closing(body.reconnect_after)
            case wire.Failure():
                self.counts[f"refused: {body.code}: {body.message}"] += 1
            case _ if position is not None and envelope.channel is not None:
                self._step(
                    envelope.channel, applying.receive(self.readings[envelope.channel], position, envelope.after)
                )

    def lost(self, lost: Lost) -> None:
        """The connection has ended, or there was none."""
        before_open = self._socket is None or not self._socket.opened
        self.counts[f"lost: {lost}"] += 1
        self._socket = None
        again = lost.code is None or reconnects(lost.code)
        self._again(Loss(reason=str(lost), again=again, before_open=before_open))

    def _established(self, body: wire.Established) -> None:
        self._retries.established(time.monotonic())
        self._tries += 1  # what was to give this try up is too late
        if self._own is None:
            self._own = own_channel(body.user_id)
            self.readings[self._own] = applying.ask(Reading(Phase.OUT, None))
        self._answered([self._own], body)
        wishes = {name: self.readings[name].position for name in self._channels}
        self.readings |= {name: applying.ask(self.readings[name]) for name in self._channels}
        self._send(wire.subscribe(wishes, id="subscribe"))

    def _closing(self, seconds: float) -> None:
        """The server goes: stay until it closes, or for so long, and then come back at once."""
        self._retries.announced = True
        on = self._socket

        def leave() -> None:
            if self._socket is on:
                self._leave()
                self._again(Loss(reason="the server restarts", again=True))

        self._crowd.later(seconds, leave)

    def _answered(self, channels: Sequence[str], body: wire.Established | wire.Subscribed) -> None:
        for name in channels:
            recovered = body.recovered[name]
            self.recovered += recovered
            top = body.positions[name].position
            self._step(name, applying.answer(self.readings[name], top, recovered=recovered), answer=True)

    def _step(self, channel: str, step: applying.Step, *, answer: bool = False) -> None:
        self.readings[channel] = step.reading
        if not answer:
            self.counts["heard" if step.action in _HEARD else step.action.value] += 1
        if self.live_at is None and all(reading.phase is Phase.LIVE for reading in self.readings.values()):
            self.live_at = time.monotonic()

    def _send(self, message: str) -> None:
        assert self._socket is not None
        try:
            self._socket.send(message)
        except Lost as lost:
            self._leave()
            self.lost(lost)

    def _give_up(self, tried: int) -> None:
        """A try that has not come to `connection:established` in time is over."""
        if tried == self._tries and self._socket is not None:
            opened = self._socket.opened
            self.counts[f"no answer within {TIMEOUT:g} s"] += 1
            self._leave()
            self._again(Loss(reason="no answer", again=True, before_open=not opened))

    def _leave(self) -> None:
        if self._socket is not None:
            self._crowd.cut(self._socket)
            self._socket = None

    def _again(self, loss: Loss) -> None:
        if not loss.before_open:
            self.lost_at = time.monotonic()
        self.live_at = None
        self.readings = {name: applying.leave(reading) for name, reading in self.readings.items()}
        wait = self._retries.lost(loss, time.monotonic())
        if wait is None:
            self.counts[f"gave up: {loss.reason}"] += 1
        else:
            self._crowd.later(wait, self.connect)
