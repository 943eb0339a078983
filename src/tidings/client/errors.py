"""What a client raises at the application's own code."""

from tidings.protocol.errors import TidingsError


class ClientError(TidingsError):
    """Something was refused or has ended. `code` is for programs, the text for people.

    `code` is one of the server's error codes (spec/protocol.md, section 8), or the client's own:
    `malformed`: a message is not as the protocol says; `disconnected`: the connection was lost, so that the outcome of
    a request is unknown, or the client was closed; `timeout`: no answer came in time; `queue_full`: too many messages
    wait already; `unsubscribed`: the server ended a subscription.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code, self.reason = code, reason


class ChannelRefused(ClientError):
    """The server refused a subscription, or ended it, or did not answer it in time."""

    def __init__(self, channel: str, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.channel = channel


class RequestRefused(ClientError):
    """A message was refused, by the server or before it left, or was not answered."""


class Disconnected(ClientError):
    """The client has ended and makes no further connection: closed, or refused in a way that trying again would not
    mend.
    """
