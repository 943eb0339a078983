"""The errors that tidings raises at the application's own code."""


class TidingsError(Exception):
    """What all errors of tidings are."""


class DeclarationError(TidingsError, TypeError):
    """An event or a channel is declared in a way that cannot work. Raised where it is declared."""


class ChannelError(TidingsError, ValueError):
    """A channel's name or parameter is not one: malformed, not canonical, or not declared."""


class EventError(TidingsError, ValueError):
    """An event cannot be published as it is: not declared on the channel, invalid, not JSON, or too large."""
