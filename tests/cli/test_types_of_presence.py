"""`tidings types`: what a connection may say of itself is the type of its channel's metadata."""

from pydantic import BaseModel

from tidings import Channel, Event
from tidings.cli.typescript import generate


class Edited(Event, type="page:edited"): ...


class Reading(BaseModel):
    line: int | None = None


class Pages(Channel[Edited], name="pages", presence=Reading): ...


class Rooms(Channel[Edited], name="rooms", presence=True): ...


def test_metadata_is_an_interface_and_the_type_of_its_channel() -> None:
    written = generate([], [Pages, Rooms], "tidings types app.live")
    assert "export interface Reading {\n  line: number | null;\n}\n" in written
    head = 'WS_CHANNELS.PAGES, { "page:edited": "EditedPayload" }, DEFINITIONS);\n'
    assert f"export const Pages = () =>\n  channel<PagesEvent, Reading>({head}" in written
    assert "channel<RoomsEvent>(" in written
