"""What a test asks for: which event, and where."""

from typing import Any

from tidings.protocol.channels import Channel
from tidings.protocol.events import Event

Wanted = type[Event] | str
"""An event class, or the type of a message that none was declared for."""

Place = Channel[Any] | str
"""A channel or its name."""
