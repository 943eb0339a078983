"""What a client may use, and for how long: every limit with its default."""

from dataclasses import dataclass

from tidings.protocol.messages import MAX_CHANNELS, MAX_MESSAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a ConnectionManager. Sizes in bytes, times in seconds."""

    message_size: int = MAX_MESSAGE  # of a client's message, and of an event; larger ones are refused
    channels: int = MAX_CHANNELS  # that one connection may follow
    connections: int = 100_000  # in this process; further upgrades get 503
    connections_per_user: int = 100
    messages_per_second: float = 50.0  # of one client, sustained
    presence_grace: float = 10.0  # for which a connection that has ended, or a process that stops, is still shown
    presence_metadata: int = 1_024  # of one connection on one channel, as JSON
    message_burst: int = 200  # of one client, at once
    refused_messages: int = 1_000  # in excess of the rate, then the connection is closed
    waiting_messages: int = 64  # read while a rule or a token is being looked at; then reading stops
    unread_answers: int = 65_536  # answers waiting for a client that does not read; then it is closed
    auth_timeout: float = 5.0  # from the upgrade to `auth`
    rule_timeout: float = 10.0  # for the application's authenticate, authorize and message functions
    expiry_notice: float = 30.0  # before a token expires
    ping_interval: float = 25.0  # without a sign of life, then a ping
    idle_timeout: float = 75.0  # without a sign of life, then the connection is closed
    rule_cache: float = 60.0  # how long the answer of an authorize rule is remembered
    rule_cache_size: int = 10_000
    control_interval: float = 0.5  # between two looks at what other processes have withdrawn
    control_timeout: float = 5.0  # without one, then nothing is delivered
    disconnected_users: int = 10_000  # disconnected users whose older tokens are remembered
    warned_names: int = 1_000  # undeclared channels that a warning is written for
    write_buffer: int = 262_144  # native: above it a reader is slow and becomes a cursor
    stuck_timeout: float = 5.0  # native: a reader that takes nothing for so long is dropped
    send_buffer: int = 131_072  # native: the kernel's buffer per connection (SO_SNDBUF)
    compression_threshold: int = 1_024  # native, with `compression`: a smaller message is sent as it is


class TokenBucket:
    """Lets `burst` messages through at once and `rate` a second on average, and counts those that it did not.

    `refused` starts anew once the sender has been quiet for long enough to have half the burst again.
    """

    __slots__ = ("_at", "_tokens", "refused")

    def __init__(self, burst: float, now: float) -> None:
        self._tokens, self._at, self.refused = burst, now, 0

    def take(self, now: float, rate: float, burst: float) -> bool:
        """Whether one more message may pass at `now` (seconds, monotonic)."""
        self._tokens = min(burst, self._tokens + (now - self._at) * rate)
        self._at = now
        if self._tokens * 2 >= burst:
            self.refused = 0
        if self._tokens < 1:
            self.refused += 1
            return False
        self._tokens -= 1
        return True
