"""The errors that tidings raises at the application's own code."""


class TidingsError(Exception):
    """What all errors of tidings are."""


class DeclarationError(TidingsError, TypeError):
    """An event or a channel is declared in a way that cannot work. Raised where it is declared."""


class ChannelError(TidingsError, ValueError):
    """A channel's name or parameter is not one: malformed, not canonical, or not declared."""


class EventError(TidingsError, ValueError):
    """An event cannot be published as it is: not declared on the channel, invalid, not JSON, or too large."""


def in_one_line(error: BaseException) -> str:
    """An exception's type and the first line of what it says: drivers show the statement, and its data, below that."""
    said = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
