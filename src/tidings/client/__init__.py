"""The Python client: one connection, any number of channels, each event once and in order, also after a reconnect.

    from tidings import Channel, Event
    from tidings.client import Client, Received, Reset

    class NotePosted(Event, type="note:posted", key="note_id"):    # the server's own declarations, imported or repeated
        note_id: int
        text: str

    class Notes(Channel[NotePosted], name="notes"): ...

    async def follow(url: str, token: str, notes: dict[int, str]) -> None:
        async with Client(url, get_token=lambda: token) as client:
            async with client.subscribe(Notes()) as events:
                # The subscription stands: state that is fetched from here on misses nothing.
                async for item in events:
                    match item:
                        case Received(event=NotePosted(note_id=id, text=text)):
                            notes[id] = text
                        case Reset():
                            notes.clear()    # events were missed that the server no longer has: fetch the state anew

It resumes by itself after a cut, a restart and an expired token; `subscription.position`, kept together with the state,
lets another process go on from there. The wire is spec/protocol.md.
"""

from tidings.client.client import Client, State, Status
from tidings.client.connection import connect
from tidings.client.errors import ChannelRefused, ClientError, Disconnected, RequestRefused
from tidings.client.presence import Presence
from tidings.client.subscription import Received, Reset, Subscription
from tidings.protocol.log import Position
from tidings.protocol.presence import Present

__all__ = [
    "ChannelRefused",
    "Client",
    "ClientError",
    "Disconnected",
    "Position",
    "Presence",
    "Present",
    "Received",
    "RequestRefused",
    "Reset",
    "State",
    "Status",
    "Subscription",
    "connect",
]
