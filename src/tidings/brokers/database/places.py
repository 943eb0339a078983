"""What a broker holds on each event loop that it is used on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tidings.batch import Batch
from tidings.brokers.database.access import Access
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry

Loop = asyncio.AbstractEventLoop

_IDLE = 5.0  # seconds without use after which a place is given up


@dataclass(eq=False)
class Place:
    """On one event loop: connections, and the events that wait to be committed."""

    access: Access
    appends: Batch[tuple[str, Draft], Entry]
    uses: int = 0
    in_use: int = 0
    waiting: "asyncio.Task[None] | None" = None

    async def close(self) -> None:
        """Commit what waits, and close the connections."""
        await self.appends.close()
        await self.access.close()


@dataclass
class Places:
    """The places of a broker. One where no channel is followed is given up after a while without use; each is closed
    with the tasks of its loop, as `asyncio.run` ends them: so a loop may be used for a single call.
    """

    make: Callable[[], Place]
    home: Loop | None = None
    """The loop on which channels are followed."""
    _places: dict[Loop, Place] = field(default_factory=dict)

    def here(self) -> Place:
        """That of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._places:
            for other in [other for other in self._places if other.is_closed()]:
                del self._places[other]
            place = self._places[loop] = self.make()
            place.waiting = loop.create_task(self._give_up_idle(loop, place))
        return self._places[loop]

    def stay(self) -> None:
        """Make the running loop the home."""
        self.home = asyncio.get_running_loop()
        self.here()

    async def leave(self) -> None:
        """Close the place of the running loop."""
        loop = asyncio.get_running_loop()
        if self.home is loop:
            self.home = None
        if (place := self._places.pop(loop, None)) is not None:
            if place.waiting is not None:
                place.waiting.cancel()
            await place.close()

    async def _give_up_idle(self, loop: Loop, place: Place) -> None:
        uses = -1
        try:
            while place.in_use or place.uses != uses or self.home is loop:
                uses = place.uses
                await asyncio.sleep(_IDLE)
        finally:
            if self._places.get(loop) is place:
                del self._places[loop]
                await place.access.close()
